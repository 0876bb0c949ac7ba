import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { renderReport } from '../report/renderReport.js';
import { channelPrefix, combinedDataKey, planKey, rendezvousKey, reportKey, summaryKey } from '../run/keys.js';
import { meetingSchema } from '../run/meeting.js';
import { type CoordinatorRecord, type Plan, planSchema } from '../run/plan.js';
import type { RunSummary } from '../run/summary.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { RunFailedError } from './errors.js';
import { pairedFiles, readPairs } from './predictionPairs.js';
import { collectOutcomes, failedRanks } from './rankOutcomes.js';
import { billRun } from './runBill.js';
import { summarizeRun } from './summarize.js';

/** combined_data.json, summary.json and report.html are written after they were billed. */
const writesToCome = 3;

export interface AggregateRequest {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
}

export interface AggregateSurroundings {
  readonly store: ObjectStore;
  readonly logs: CloudWatchLogsClient;
  readonly invocation: Omit<CoordinatorRecord, 'endedAtMs'>;
  readonly region: string;
  readonly architecture: string;
  readonly ephemeralStorageMb: number;
  readonly reportTimeoutMs: number;
  /** Of this program, for the report. */
  readonly version: string;
}

/**
 * Brings the ranks' results together: `combined_data.json`, `summary.json` and `report.html` are written whatever came of
 * the run, and only then is a run with missing ranks failed.
 *
 * @throws RunFailedError naming the missing ranks and their causes, unless the payload tolerates as many.
 */
export async function aggregateRun(
  request: AggregateRequest,
  surroundings: AggregateSurroundings,
): Promise<RunSummary> {
  const { store, logs, invocation, version, ...billing } = surroundings;
  const plan = await store.getJson(request.bucket, planKey(request.resultPrefix), planSchema);
  const outcomes = await collectOutcomes(store, plan);
  const meeting = await store.findJson(plan.bucket, rendezvousKey(plan.resultPrefix), meetingSchema);
  const metrics = outcomes.flatMap((outcome) => outcome.metrics ?? []);
  const aggregate = { ...invocation, endedAtMs: Date.now() };
  const pairs = await readPairs(store, plan.bucket, pairedFiles(metrics));
  const calls = { ...store.calls.counts, put: store.calls.counts.put + writesToCome };
  const bill = await billRun(logs, { plan, outcomes, meeting: meeting?.value, aggregate, calls, ...billing });
  const failed = failedRanks(outcomes);
  const summary = summarizeRun({ plan, metrics, failed, pairs, bill, endedAtMs: Date.now() });
  const report = renderReport({
    summary,
    payload: plan.payload,
    pairs: pairs && { predicted: Float32Array.from(pairs.predicted), truth: Float32Array.from(pairs.truth) },
    spans: metrics.map(({ muster }) => ({ rank: muster.rank, generation: muster.generation, spans: muster.spans })),
    attempts: outcomes.map(({ rank, attempts }) => ({ runId: plan.runId, rank, attempts })),
    versions: { muster: version, node: process.version },
  });
  const { bucket, resultPrefix } = plan;
  await Promise.all([
    store.putJson(bucket, combinedDataKey(resultPrefix), metrics),
    store.put(bucket, reportKey(resultPrefix), report, { contentType: 'text/html; charset=utf-8' }),
  ]);
  if (plan.collectives.channel === 'storage') await sweepChannel(store, plan);
  await store.putJson(bucket, summaryKey(resultPrefix), summary);
  if (summary.status === 'FAILED') throw new RunFailedError(plan.runId, plan.worldSize, failed, summary.resultPrefix);
  // Nobody is to meet there any more. Of a failed run, Release needs it, and removes it.
  if (meeting) await store.delete(bucket, [rendezvousKey(resultPrefix)]);
  return summary;
}

/** Removes what ranks that died have left of their messages. */
async function sweepChannel(store: ObjectStore, { bucket, resultPrefix }: Plan): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(bucket, channelPrefix(resultPrefix))) keys.push(key);
  await store.delete(bucket, keys);
}
