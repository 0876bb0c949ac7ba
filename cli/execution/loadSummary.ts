import { z } from 'zod';
import { summaryKey } from '../../run/keys.js';
import type { RunSummary } from '../../run/summary.js';
import { ObjectNotFoundError } from '../../storage/errors.js';
import type { ObjectStore } from '../../storage/objectStore.js';
import type { RunSnapshot } from './runSnapshot.js';

const headerSchema = z.looseObject({
  version: z.literal(1),
  runId: z.string(),
  ranks: z.looseObject({ expected: z.int(), succeeded: z.int(), failed: z.array(z.unknown()) }),
  bill: z.looseObject({ totalUsd: z.number() }),
  rows: z.array(z.unknown()),
  files: z.looseObject({ report: z.string() }),
});

const summarySchema = z.custom<RunSummary>(
  (value) => headerSchema.safeParse(value).success,
  'expected the summary of a run, version 1',
);

/** Undefined for anything but the summary of a run. */
export const parseSummary = (value: unknown): RunSummary | undefined => summarySchema.safeParse(value).data;

/** A run's summary; undefined when the aggregator did not come to write it. */
export async function loadSummary(
  store: ObjectStore,
  { address, runId }: Pick<RunSnapshot, 'address' | 'runId'>,
): Promise<RunSummary | undefined> {
  if (!address) return undefined;
  try {
    const summary = await store.getJson(address.bucket, summaryKey(address.resultPrefix), summarySchema);
    return summary.runId === runId ? summary : undefined;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
