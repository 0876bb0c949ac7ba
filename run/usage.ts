import { z } from 'zod';

const figure = z.number().min(0);

/** One invocation of a function, as the bill sees it. */
export const billedInvocationSchema = z.object({
  functionName: z.string(),
  requestId: z.string(),
  /**
   * A rank's work; the functions around it (initialize, aggregate, ...); a later look for REPORT lines; or a function of which
   * nothing but its log is known.
   */
  role: z.enum(['rank', 'coordinator', 'collector', 'function']),
  /** Configured memory; that is what is paid for, however little of it is used. */
  memoryMb: figure,
  /** Billed duration of the REPORT line, which includes the init of a cold start; undefined: not found. */
  billedMs: figure.optional(),
  /** What stands in when the REPORT line is missing: handler time and init together. */
  estimatedMs: figure,
  /** Configured /tmp. */
  ephemeralStorageMb: figure,
  /** True for an attempt that failed, whether or not a later one succeeded. */
  failed: z.boolean(),
  /** False for an attempt that died before it could sign in: its request id is made up, and no REPORT line can be found by it. */
  signedIn: z.boolean().optional(),
  /** Of the REPORT line; needed for the `max-memory-used` estimate only. */
  maxMemoryUsedMb: figure.optional(),
});
export type BilledInvocation = Readonly<z.infer<typeof billedInvocationSchema>>;

/** S3 requests as the run's own clients counted them. */
const countedRequestsSchema = z.object({
  get: figure,
  put: figure,
  list: figure,
  head: figure,
  /** Attempts that died with their count, so that no more than their sign-in is in these figures; 0 if left out. */
  partlyCountedAttempts: figure.optional(),
});

/** What a run had of the rendezvous host. */
export const rendezvousUseSchema = z.object({
  /** While the run went on. */
  hours: figure,
  /** After it, until the host that was started for it stopped itself. */
  idleHours: figure.optional(),
  /** As EC2 calls it; default: t4g.micro. */
  instanceType: z.string().optional(),
  /** Default: that of the instance, with a public IPv4 address. */
  hourlyUsd: figure.optional(),
});
export type RendezvousUse = Readonly<z.infer<typeof rendezvousUseSchema>>;

/**
 * `usage.json` of a run: everything that it used and that costs something, and how each is known. With a price table it gives
 * the bill; REPORT lines that come late are added to it.
 */
export const runUsageSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  region: z.string(),
  architecture: z.enum(['x86_64', 'arm64']),
  /** Epoch milliseconds: what bounds the search for REPORT lines. */
  startedAtMs: figure,
  endedAtMs: figure,
  /** Every invocation of the run, failed attempts, coordinators and looks for REPORT lines too. */
  invocations: z.array(billedInvocationSchema),
  stateTransitions: z.object({ standard: figure, basis: z.enum(['measured', 'estimated']) }),
  s3: countedRequestsSchema,
  /** Bytes of the log events of the run's time; null: not known. */
  logBytes: figure.nullable(),
  /** Bytes that Logs Insights scanned to find the REPORT lines. */
  logScanBytes: figure,
  rendezvous: rendezvousUseSchema.nullable(),
  samples: figure,
  /** Bytes of the partitions. */
  bytes: figure,
  /** Why something could not be measured. */
  notes: z.array(z.string()),
});
export type RunUsage = Readonly<z.infer<typeof runUsageSchema>>;
