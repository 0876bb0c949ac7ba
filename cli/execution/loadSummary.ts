import { summaryKey } from '../../run/keys.js';
import { storedSummarySchema } from '../../run/storedSummary.js';
import type { RunSummary } from '../../run/summary.js';
import { ObjectNotFoundError } from '../../storage/errors.js';
import type { ObjectStore } from '../../storage/objectStore.js';
import type { RunSnapshot } from './runSnapshot.js';

/** Undefined for anything but the summary of a run. */
export const parseSummary = (value: unknown): RunSummary | undefined => storedSummarySchema.safeParse(value).data;

/** A run's summary; undefined when the aggregator did not come to write it. */
export async function loadSummary(
  store: ObjectStore,
  { address, runId }: Pick<RunSnapshot, 'address' | 'runId'>,
): Promise<RunSummary | undefined> {
  if (!address) return undefined;
  try {
    const summary = await store.getJson(address.bucket, summaryKey(address.resultPrefix), storedSummarySchema);
    return summary.runId === runId ? summary : undefined;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
