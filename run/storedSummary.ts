import { z } from 'zod';
import type { RunSummary } from './summary.js';

const headerSchema = z.looseObject({
  version: z.literal(1),
  runId: z.string(),
  ranks: z.looseObject({ expected: z.int(), succeeded: z.int(), failed: z.array(z.unknown()) }),
  bill: z.looseObject({ totalUsd: z.number() }),
  rows: z.array(z.unknown()),
  files: z.looseObject({ report: z.string() }),
});

/** `summary.json` as it was written: checked by what tells it from any other document, not figure by figure. */
export const storedSummarySchema = z.custom<RunSummary>(
  (value) => headerSchema.safeParse(value).success,
  'expected the summary of a run, version 1',
);
