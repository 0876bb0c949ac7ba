import { z } from 'zod';
import { StatesApiError } from '../errors.js';
import type { ExecutionRecord } from '../store/executionStore.js';
import type { MapRunRecord } from '../store/mapRunStore.js';
import { operation, paging, type ServiceParts } from './operation.js';
import { pageOf } from './paging.js';
import { toEpochSeconds } from './timestamps.js';

/** @throws StatesApiError InvalidArn, ResourceNotFound */
function requireMapRun(arn: string, { arns, mapRunRecords }: ServiceParts): MapRunRecord {
  arns.check('mapRun', arn);
  const found = mapRunRecords.get(arn);
  if (found) return found;
  throw new StatesApiError('ResourceNotFound', `Resource Not Found: '${arn}'`);
}

export const describeMapRun = operation(z.strictObject({ mapRunArn: z.string() }), ({ mapRunArn }, parts) => {
  const run = requireMapRun(mapRunArn, parts);
  const children = parts.executions.listOf(mapRunArn);
  return {
    mapRunArn,
    executionArn: run.executionArn,
    status: run.status,
    startDate: toEpochSeconds(run.startedAtMs),
    stopDate: run.stoppedAtMs === undefined ? undefined : toEpochSeconds(run.stoppedAtMs),
    maxConcurrency: run.maxConcurrency,
    toleratedFailurePercentage: run.toleratedFailurePercentage ?? 0,
    toleratedFailureCount: run.toleratedFailureCount ?? 0,
    executionCounts: counts(children, () => 1, run.executions, run.written > 0),
    itemCounts: counts(children, ({ itemCount }) => itemCount ?? 1, run.items, run.written > 0),
    redriveCount: 0,
  };
});

/** Counts children, or their items, by status; what has not started is pending. */
function counts(
  children: readonly ExecutionRecord[],
  weigh: (child: ExecutionRecord) => number,
  total: number,
  isWritten: boolean,
): object {
  const sums = { RUNNING: 0, SUCCEEDED: 0, FAILED: 0, TIMED_OUT: 0, ABORTED: 0 };
  for (const child of children) sums[child.status] += weigh(child);
  const started = Object.values(sums).reduce((sum, count) => sum + count, 0);
  return {
    pending: total - started,
    running: sums.RUNNING,
    succeeded: sums.SUCCEEDED,
    failed: sums.FAILED,
    timedOut: sums.TIMED_OUT,
    aborted: sums.ABORTED,
    total,
    resultsWritten: isWritten ? started - sums.RUNNING : 0,
    failuresNotRedrivable: sums.FAILED + sums.TIMED_OUT + sums.ABORTED,
    pendingRedrive: 0,
  };
}

export const listMapRuns = operation(
  z.strictObject({ executionArn: z.string(), ...paging }),
  ({ executionArn, ...page }, { arns, executions, mapRunRecords }) => {
    arns.check('execution', executionArn);
    if (!executions.get(executionArn)) {
      throw new StatesApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
    }
    const { entries, ...rest } = pageOf(mapRunRecords.listOf(executionArn), page);
    const mapRuns = entries.map((run) => ({
      executionArn,
      mapRunArn: run.arn,
      stateMachineArn: run.stateMachineArn,
      startDate: toEpochSeconds(run.startedAtMs),
      stopDate: run.stoppedAtMs === undefined ? undefined : toEpochSeconds(run.stoppedAtMs),
    }));
    return { mapRuns, ...rest };
  },
);

export const updateMapRun = operation(
  z.strictObject({
    mapRunArn: z.string(),
    maxConcurrency: z.number().int().min(0).optional(),
    toleratedFailurePercentage: z.number().min(0).max(100).optional(),
    toleratedFailureCount: z.number().int().min(0).optional(),
  }),
  ({ mapRunArn, ...changed }, parts) => {
    requireMapRun(mapRunArn, parts);
    if (parts.mapRuns.update(mapRunArn, changed)) return {};
    throw new StatesApiError('ValidationException', 'A map run that has completed cannot be updated.');
  },
);
