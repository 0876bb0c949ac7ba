import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { parseS3Uri, s3Uri } from '../../run/keys.js';
import type { RunSummary } from '../../run/summary.js';
import { ObjectStore } from '../../storage/objectStore.js';
import type { Target } from '../cloud/target.js';
import { RunNotFoundError } from '../errors.js';
import { findRun } from '../execution/findRun.js';
import { loadSummary } from '../execution/loadSummary.js';
import type { RunObserver } from '../execution/runObserver.js';
import type { RunSnapshot } from '../execution/runSnapshot.js';
import { isRunName } from '../execution/startRun.js';
import { NoReportError } from './errors.js';
import type { RunView, SummaryView } from './wire.js';

/** @throws RunNotFoundError for what cannot name a run; whether there is one is known at the first look. */
export async function observerOf(target: Target, runId: string): Promise<RunObserver> {
  if (!isRunName(runId)) throw new RunNotFoundError(runId);
  return findRun(target, runId);
}

/** @throws RunNotFoundError */
export async function runView(target: Target, runId: string, signal: AbortSignal): Promise<RunView> {
  const observer = await observerOf(target, runId);
  const snapshot = await observer.observe(signal);
  const [summary, execution] = await Promise.all([
    loadSummary(new ObjectStore(target.clients.s3), snapshot),
    target.clients.sfn.send(new DescribeExecutionCommand({ executionArn: observer.executionArn }), {
      abortSignal: signal,
    }),
  ]);
  const { status, startedAtMs, endedAtMs, address, fault } = snapshot;
  return {
    runId,
    status,
    startedAtMs,
    endedAtMs: endedAtMs ?? null,
    resultPrefix: address ? s3Uri(address.bucket, address.resultPrefix) : null,
    worldSize: address?.worldSize ?? null,
    error: fault ? { code: fault.name, message: fault.message } : null,
    payload: readInput(execution.input),
    summary: summary ? summaryView(summary) : null,
  };
}

/** Anybody can start an execution, with anything that is JSON. */
const readInput = (input: string | undefined): unknown => (input === undefined ? null : JSON.parse(input));

/** Without the names of the files, of which there may be thousands. */
function summaryView(summary: RunSummary): SummaryView {
  const { worldSize, partitions, samples, bytes, wallMs, startedAtMs, ranks, throughput, rankTimes } = summary;
  const { cpuTimeS, quality, collectives, bill, rows } = summary;
  return {
    ...{ worldSize, partitions, samples, bytes, wallMs, startedAtMs, ranks, throughput, rankTimes },
    ...{ cpuTimeS, quality, collectives, bill, rows },
  };
}

/**
 * The page that the aggregator wrote.
 *
 * @throws RunNotFoundError, NoReportError
 */
export async function reportOf(target: Target, runId: string, signal: AbortSignal): Promise<Uint8Array> {
  const snapshot = await (await observerOf(target, runId)).observe(signal);
  const store = new ObjectStore(target.clients.s3);
  const summary = await loadSummary(store, snapshot);
  const place = parseS3Uri(summary?.files.report ?? '');
  if (!place || !liesUnder(snapshot, place)) throw new NoReportError(runId);
  return store.getBytes(place.bucket, place.key, signal);
}

/** A summary that names an object elsewhere is none of ours. */
const liesUnder = ({ address }: RunSnapshot, { bucket, key }: { bucket: string; key: string }): boolean =>
  address !== undefined && bucket === address.bucket && key.startsWith(`${address.resultPrefix}/`);
