import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { billOfUsage } from '../cost/billOfUsage.js';
import { lookForReports, withReports } from '../cost/completeUsage.js';
import { renderReport } from '../report/renderReport.js';
import {
  channelPrefix,
  combinedDataKey,
  planKey,
  rendezvousKey,
  reportKey,
  summaryKey,
  usageKey,
} from '../run/keys.js';
import { meetingSchema } from '../run/meeting.js';
import { type CoordinatorRecord, type Plan, planSchema } from '../run/plan.js';
import type { RunSummary } from '../run/summary.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { lookTimeoutMs, nextLook } from './collectReports.js';
import { RunFailedError } from './errors.js';
import { pairedFiles, readPairs } from './predictionPairs.js';
import { collectOutcomes, failedRanks } from './rankOutcomes.js';
import { reportInput } from './reportInput.js';
import { usageOfRun } from './runUsage.js';
import { summarizeRun } from './summarize.js';

/** usage.json, combined_data.json, summary.json and report.html are written after they were billed. */
const writesToCome = 4;

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
  /** How long REPORT lines are looked for after the end of the run. */
  readonly reportTimeoutMs: number;
  /** Name to version of the programs that made the run, for the report. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What came of a run. */
export interface AggregatedRun {
  readonly summary: RunSummary;
  /** When to look again for REPORT lines that are still missing, ISO 8601; null: no more. */
  readonly lookAgainAt: string | null;
}

/**
 * Brings the ranks' results together: `combined_data.json`, `summary.json`, `report.html` and `usage.json` are written
 * whatever came of the run, and only then is a run with missing ranks failed. REPORT lines are looked for once; its own, at
 * least, comes later.
 *
 * @throws RunFailedError naming the missing ranks and their causes, unless the payload tolerates as many.
 */
export async function aggregateRun(
  request: AggregateRequest,
  surroundings: AggregateSurroundings,
): Promise<AggregatedRun> {
  const { store, logs, invocation, versions, reportTimeoutMs, ...billing } = surroundings;
  const plan = await store.getJson(request.bucket, planKey(request.resultPrefix), planSchema);
  const outcomes = await collectOutcomes(store, plan);
  const meeting = await store.findJson(plan.bucket, rendezvousKey(plan.resultPrefix), meetingSchema);
  const metrics = outcomes.flatMap((outcome) => outcome.metrics ?? []);
  const aggregate = { ...invocation, endedAtMs: Date.now() };
  const pairs = await readPairs(store, plan.bucket, pairedFiles(metrics));
  const calls = { ...store.calls.counts, put: store.calls.counts.put + writesToCome };
  const used = usageOfRun({
    plan,
    outcomes,
    meeting: meeting?.value,
    aggregate,
    endedAtMs: aggregate.endedAtMs,
    calls,
    ...billing,
  });
  const look = await lookForReports(logs, used, { timeoutMs: lookTimeoutMs, rounds: 1 });
  const usage = { ...withReports(used, look), logScanBytes: look.bytesScanned };
  const bill = billOfUsage(usage);
  const failed = failedRanks(outcomes);
  const summary = summarizeRun({ plan, metrics, failed, pairs, bill, versions, endedAtMs: Date.now() });
  const attempts = outcomes.map((outcome) => ({ runId: plan.runId, rank: outcome.rank, attempts: outcome.attempts }));
  const report = renderReport(reportInput({ plan, summary, metrics, attempts, pairs }));
  const { bucket, resultPrefix } = plan;
  await Promise.all([
    store.putJson(bucket, usageKey(resultPrefix), usage),
    store.putJson(bucket, combinedDataKey(resultPrefix), metrics),
    store.put(bucket, reportKey(resultPrefix), report, { contentType: 'text/html; charset=utf-8' }),
  ]);
  if (plan.collectives.channel === 'storage') await sweepChannel(store, plan);
  await store.putJson(bucket, summaryKey(resultPrefix), summary);
  if (summary.status === 'FAILED') throw new RunFailedError(plan.runId, plan.worldSize, failed, summary.resultPrefix);
  // Nobody is to meet there any more. Of a failed run, Release needs it, and removes it.
  if (meeting) await store.delete(bucket, [rendezvousKey(resultPrefix)]);
  return { summary, lookAgainAt: nextLook(usage, reportTimeoutMs, Date.now()) };
}

/** Removes what ranks that died have left of their messages. */
async function sweepChannel(store: ObjectStore, { bucket, resultPrefix }: Plan): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(bucket, channelPrefix(resultPrefix))) keys.push(key);
  await store.delete(bucket, keys);
}
