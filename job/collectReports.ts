import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { billOfUsage } from '../cost/billOfUsage.js';
import { lookForReports, missingReports, withReports } from '../cost/completeUsage.js';
import { transitionsOfLooks } from '../cost/stateTransitions.js';
import type { Bill } from '../run/bill.js';
import type { CoordinatorRecord, S3Requests } from '../run/plan.js';
import type { BilledInvocation, RunUsage } from '../run/usage.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { UsageNotFoundError } from './errors.js';
import { findUsage, keepBill, keepBillRequests, type ResultPlace } from './keepBill.js';

/** How long one look may take: a query of Logs Insights answers within seconds. */
export const lookTimeoutMs = 10_000;

export interface CollectSurroundings {
  readonly store: ObjectStore;
  readonly logs: CloudWatchLogsClient;
  /** The invocation that this is, for the bill. */
  readonly invocation: Omit<CoordinatorRecord, 'endedAtMs'>;
  /** How long after the end of the run REPORT lines are looked for. */
  readonly reportTimeoutMs: number;
}

/** The bill after a look, and whether there is to be another one. */
export interface CollectedReports {
  readonly bill: Bill;
  /** ISO 8601; null: every line is found, or the time is up. */
  readonly lookAgainAt: string | null;
}

/**
 * One more look for the REPORT lines of a run, which is part of it and of its bill. What is found goes into usage, summary and
 * report.
 *
 * @throws UsageNotFoundError when the run has no usage, because it was not aggregated.
 */
export async function collectReports(
  place: ResultPlace,
  { store, logs, invocation, reportTimeoutMs }: CollectSurroundings,
): Promise<CollectedReports> {
  const found = await findUsage(store, place);
  if (!found) throw new UsageNotFoundError(place.runId);
  const look = await lookForReports(logs, found.value, { timeoutMs: lookTimeoutMs, rounds: 1 });
  const collector: BilledInvocation = {
    functionName: invocation.functionName,
    requestId: invocation.requestId,
    role: 'collector',
    memoryMb: invocation.memoryMb,
    estimatedMs: Date.now() - invocation.startedAtMs,
    ephemeralStorageMb: 512,
    failed: false,
  };
  const requests = { ...keepBillRequests, get: keepBillRequests.get + 1 };
  const usage = await keepBill(store, place, (before) =>
    withCollector(withReports(before, look), collector, requests, look.bytesScanned),
  );
  if (!usage) throw new UsageNotFoundError(place.runId);
  return { bill: billOfUsage(usage), lookAgainAt: nextLook(usage, reportTimeoutMs, Date.now()) };
}

/** The cost of the look itself; a call that is made again after its answer was lost has recorded it already. */
function withCollector(usage: RunUsage, collector: BilledInvocation, requests: S3Requests, scanned: number): RunUsage {
  if (usage.invocations.some(({ requestId }) => requestId === collector.requestId)) return usage;
  const { s3, stateTransitions, logScanBytes, invocations } = usage;
  return {
    ...usage,
    invocations: [...invocations, collector],
    stateTransitions: { ...stateTransitions, standard: stateTransitions.standard + transitionsOfLooks(1) },
    s3: { ...s3, get: s3.get + requests.get, put: s3.put + requests.put },
    logScanBytes: logScanBytes + scanned,
  };
}

/** Share of the whole time after which the first look is made; each wait is twice the one before it. */
const firstWaitShare = 1 / 12;

/**
 * When to look for REPORT lines again: lines lag behind their invocations by seconds, and rarely by a minute.
 *
 * @param reportTimeoutMs - How long after the end of the run lines are waited for at most.
 * @returns ISO 8601; null when there is nothing to look for or no time left.
 */
export function nextLook(usage: RunUsage, reportTimeoutMs: number, nowMs: number): string | null {
  if (missingReports(usage).length === 0) return null;
  const looks = usage.invocations.filter(({ role }) => role === 'collector').length;
  const lastMs = usage.endedAtMs + reportTimeoutMs;
  if (nowMs >= lastMs) return null;
  const waitMs = reportTimeoutMs * firstWaitShare * 2 ** looks;
  return new Date(Math.min(lastMs, nowMs + waitMs)).toISOString();
}
