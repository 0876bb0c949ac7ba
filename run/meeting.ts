import { z } from 'zod';
import { coordinatorSchema } from './plan.js';

const meetingPlaceSchema = z.object({
  /** `ws://host:port`, or `wss://host:port#sha256=<fingerprint of the certificate>`. */
  url: z.string().min(1),
  /** Signs the tokens of this run's ranks, and of no other run's. */
  key: z.string().min(1),
  /** The instance of the stack; null where the server is not the stack's. */
  host: z
    .object({
      instanceType: z.string(),
      /** How long it stays without a run. */
      idleMs: z.number().min(0),
      /** Whether this run is why it was started. */
      startedForRun: z.boolean(),
    })
    .nullable(),
});
/** Where the ranks of a run meet, and what admits them. */
export type MeetingPlace = z.infer<typeof meetingPlaceSchema>;

/**
 * `<result prefix>/rendezvous.json`: written before the ranks start, removed when the run is over. Ten thousand ranks read
 * it where each would otherwise ask SSM, which answers 40 calls a second.
 */
export const meetingSchema = z.object({
  runId: z.string(),
  /** The invocation that found the place, for the bill. */
  coordinator: coordinatorSchema,
  /** Null: there was none, and the run went on over S3. */
  place: meetingPlaceSchema.nullable(),
});
export type Meeting = z.infer<typeof meetingSchema>;
