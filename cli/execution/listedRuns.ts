import { type ExecutionListItem, paginateListExecutions } from '@aws-sdk/client-sfn';
import { mapBounded } from '../../job/boundedMap.js';
import { s3Uri } from '../../run/keys.js';
import { ObjectStore } from '../../storage/objectStore.js';
import type { Target } from '../cloud/target.js';
import { readHistory } from './executionHistory.js';
import { loadSummary } from './loadSummary.js';
import { runStatusOf } from './runObserver.js';
import type { RunStatus } from './runSnapshot.js';

/** Runs whose results are looked up at once. */
const parallelLookups = 8;

/** One run of a listing. */
export interface ListedRun {
  readonly runId: string;
  readonly status: RunStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; null while it runs. */
  readonly endedAt: string | null;
  readonly durationMs: number;
  readonly resultPrefix: string | null;
  /** From the summary's bill; null where there is none. */
  readonly usd: number | null;
}

/** Runs that need no second look, by the ARN of their execution. */
export interface KnownRuns {
  find(executionArn: string): ListedRun | undefined;
  keep(executionArn: string, run: ListedRun): void;
}

/** The newest runs, newest first, at most so many. */
export async function listedRuns(target: Target, limit: number, known?: KnownRuns): Promise<ListedRun[]> {
  const items = await newestExecutions(target, limit);
  return mapBounded(items, parallelLookups, async (item) => {
    const executionArn = item.executionArn ?? '';
    const found = known?.find(executionArn);
    if (found) return found;
    const run = await listedRun(target, item, Date.now());
    known?.keep(executionArn, run);
    return run;
  });
}

async function newestExecutions(target: Target, limit: number): Promise<ExecutionListItem[]> {
  const stateMachineArn = await target.stateMachineArn();
  const items: ExecutionListItem[] = [];
  const pageSize = Math.min(limit, 100);
  for await (const { executions } of paginateListExecutions(
    { client: target.clients.sfn, pageSize },
    { stateMachineArn },
  )) {
    items.push(...(executions ?? []));
    if (items.length >= limit) break;
  }
  return items.slice(0, limit);
}

async function listedRun({ clients }: Target, item: ExecutionListItem, nowMs: number): Promise<ListedRun> {
  const runId = item.name ?? '';
  const { address } = await readHistory(clients.sfn, item.executionArn ?? '');
  const summary = await loadSummary(new ObjectStore(clients.s3), { address, runId });
  const startedAtMs = item.startDate?.getTime() ?? 0;
  return {
    runId,
    status: runStatusOf(item.status),
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: item.stopDate?.toISOString() ?? null,
    durationMs: (item.stopDate?.getTime() ?? nowMs) - startedAtMs,
    resultPrefix: address ? s3Uri(address.bucket, address.resultPrefix) : null,
    usd: summary?.bill.totalUsd ?? null,
  };
}
