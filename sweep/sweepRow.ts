import { z } from 'zod';
import { factorNames } from './factors.js';

const factorsSchema = z.strictObject(
  Object.fromEntries(factorNames.map((name) => [name, z.union([z.number(), z.string()]).optional()])),
);

const figure = z.number().min(0);

/** What a run that delivered everything measured. Times in seconds. */
export const measuresSchema = z.object({
  /** The whole execution of the state machine. */
  jobS: figure,
  /** From the start of the job until a rank's handler begins; median of the ranks. */
  startUpS: figure,
  /** A rank's handler, from its begin to its end, without its time in collectives; median of the ranks. */
  containerS: figure,
  /** A rank's time in collectives, median of the ranks, and from the last rank's end to the end of the job. */
  reductionS: figure,
  /** From the first rank's begin to the last rank's end: what the scaling of the ranks is judged by. */
  ranksS: figure,
  ranks: z.int().min(1),
  coldRanks: z.int().min(0),
  /** Attempts that were lost and made again. */
  retries: z.int().min(0),
  partitions: z.int().min(0),
  samples: z.int().min(0),
  bytes: z.int().min(0),
  /** All data / time from the first rank's begin to the last rank's end. */
  wallBitsPerS: figure,
  wallSamplesPerS: figure,
  /** Sum over ranks of data / CPU time, as the CosmicAI paper counts. */
  sumBitsPerS: figure,
  sumSamplesPerS: figure,
  cpuTimeS: figure,
  stragglerRatio: figure,
  peakRssMb: figure,
});
export type Measures = z.infer<typeof measuresSchema>;

/** One run of a sweep, as `sweep.json` and the state file have it. */
export const sweepRowSchema = z.object({
  /** `3-2`: the third point's second repeat. */
  key: z.string(),
  point: z.int().min(0),
  repeat: z.int().min(1),
  factors: factorsSchema,
  runId: z.string().nullable(),
  /** By Step Functions; LOST for a run that succeeded although ranks did not deliver, as its payload tolerates. */
  status: z.enum(['SUCCEEDED', 'FAILED', 'ABORTED', 'LOST']),
  /** Why it is no figure; null when it succeeded. */
  reason: z.string().nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  /** Of the bill; of the forecast when the run came to no bill. */
  usd: figure,
  usdBasis: z.enum(['measured', 'in part estimated', 'forecast']),
  /** Whether partitions stand for data more than once, under keys of their own. */
  repeatedData: z.boolean(),
  /** Executors that the sweep killed. */
  killed: z.int().min(0),
  /** Null unless it succeeded. */
  measures: measuresSchema.nullable(),
});
export type SweepRow = z.infer<typeof sweepRowSchema>;
