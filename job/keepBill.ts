import { billOfUsage } from '../cost/billOfUsage.js';
import { withBill } from '../report/billParts.js';
import { reportKey, summaryKey, usageKey } from '../run/keys.js';
import { storedSummarySchema } from '../run/storedSummary.js';
import type { RunSummary } from '../run/summary.js';
import { type RunUsage, runUsageSchema } from '../run/usage.js';
import { PreconditionFailedError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/objectStore.js';

/** Where a run keeps its results. */
export interface ResultPlace {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
}

/** What a change of the usage costs in S3 requests when nobody else changes it at the same time. */
export const keepBillRequests = { get: 5, put: 3, list: 0, head: 0 } as const;

/** The usage of a run; undefined where there is none, or one of another run. */
export async function findUsage(
  store: ObjectStore,
  { runId, bucket, resultPrefix }: ResultPlace,
): Promise<{ value: RunUsage; etag: string } | undefined> {
  const found = await store.findJson(bucket, usageKey(resultPrefix), runUsageSchema);
  return found?.value.runId === runId ? found : undefined;
}

/**
 * Changes a run's `usage.json`, and the bill in its `summary.json` and `report.html` with it. Each object is written only over
 * the version that was read, and the bill is always worked out from the usage that is there then: of two that add to a usage at
 * the same time, neither loses what the other has found.
 *
 * @param change - Must give the same for any usage that it may find.
 * @returns the usage as it was written; undefined where the run has none.
 */
export async function keepBill(
  store: ObjectStore,
  place: ResultPlace,
  change: (usage: RunUsage) => RunUsage,
): Promise<RunUsage | undefined> {
  const usage = await changeUsage(store, place, change);
  if (!usage) return undefined;
  await replaceInSummary(store, place);
  await replaceInReport(store, place);
  return usage;
}

async function changeUsage(
  store: ObjectStore,
  place: ResultPlace,
  change: (usage: RunUsage) => RunUsage,
): Promise<RunUsage | undefined> {
  for (;;) {
    const found = await findUsage(store, place);
    if (!found) return undefined;
    const changed = change(found.value);
    const { bucket, resultPrefix } = place;
    if (await replaced(store.putJson(bucket, usageKey(resultPrefix), changed, { condition: { etag: found.etag } }))) {
      return changed;
    }
  }
}

async function replaceInSummary(store: ObjectStore, place: ResultPlace): Promise<void> {
  const { bucket, resultPrefix } = place;
  for (;;) {
    const summary = await store.findJson(bucket, summaryKey(resultPrefix), storedSummarySchema);
    // Read after the summary: whoever has replaced that since, with more, is noticed by its version.
    const usage = await findUsage(store, place);
    if (!summary || !usage || summary.value.runId !== place.runId) return;
    const changed: RunSummary = { ...summary.value, bill: billOfUsage(usage.value) };
    const condition = { etag: summary.etag };
    if (await replaced(store.putJson(bucket, summaryKey(resultPrefix), changed, { condition }))) return;
  }
}

async function replaceInReport(store: ObjectStore, { runId, bucket, resultPrefix }: ResultPlace): Promise<void> {
  for (;;) {
    const page = await store.findText(bucket, reportKey(resultPrefix));
    const summary = await store.findJson(bucket, summaryKey(resultPrefix), storedSummarySchema);
    if (!page || summary?.value.runId !== runId) return;
    const changed = withBill(page.value, summary.value);
    if (changed === undefined || changed === page.value) return;
    const options = { contentType: 'text/html; charset=utf-8', condition: { etag: page.etag } };
    if (await replaced(store.put(bucket, reportKey(resultPrefix), changed, options))) return;
  }
}

async function replaced(write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return false;
    throw error;
  }
}
