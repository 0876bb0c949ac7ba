import { z } from 'zod';

/** What `cloud.json` says about a running embedded cloud; credentials lie in `secrets.json`. */
export const stackStateSchema = z.object({
  version: z.literal(1),
  pid: z.int(),
  startedAtMs: z.number(),
  /** For `AWS_ENDPOINT_URL`. */
  endpoint: z.string(),
  region: z.string(),
  accountId: z.string(),
  /** The bucket that is always there. */
  bucket: z.string(),
  rendezvousUrl: z.string(),
  stateMachineArn: z.string(),
});

export type StackState = z.infer<typeof stackStateSchema>;
