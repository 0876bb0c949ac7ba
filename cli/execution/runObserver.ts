import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  DescribeMapRunCommand,
  type DescribeMapRunOutput,
  ExecutionDoesNotExist,
  ListMapRunsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { RunNotFoundError } from '../errors.js';
import { runIdOf } from './executionArn.js';
import { executionFault } from './executionFault.js';
import { type HistoryReading, readHistory } from './executionHistory.js';
import type { RankCounts, RunSnapshot, RunStatus } from './runSnapshot.js';

const statuses: Readonly<Record<string, RunStatus>> = {
  RUNNING: 'RUNNING',
  PENDING_REDRIVE: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  TIMED_OUT: 'FAILED',
  ABORTED: 'ABORTED',
};

/** The command's word for a status of Step Functions. */
export const runStatusOf = (status: string | undefined): RunStatus => statuses[status ?? ''] ?? 'FAILED';

/** Looks at one execution, again and again, and asks no more than it must. */
export class RunObserver {
  readonly executionArn: string;
  readonly #sfn: SFNClient;
  #mapRunArn: string | undefined;
  #mapRun: DescribeMapRunOutput | undefined;

  constructor(sfn: SFNClient, executionArn: string) {
    this.#sfn = sfn;
    this.executionArn = executionArn;
  }

  /** @throws RunNotFoundError */
  async observe(signal?: AbortSignal): Promise<RunSnapshot> {
    // The execution is asked last, so that one that has ended is seen with everything that led to the end.
    const [history, mapRun] = await this.#translated(
      Promise.all([readHistory(this.#sfn, this.executionArn, signal), this.#observeMapRun(signal)]),
    );
    const execution = await this.#translated(
      this.#sfn.send(new DescribeExecutionCommand({ executionArn: this.executionArn }), { abortSignal: signal }),
    );
    return this.#snapshot(execution, history, mapRun);
  }

  async #observeMapRun(signal: AbortSignal | undefined): Promise<DescribeMapRunOutput | undefined> {
    if (this.#mapRun?.stopDate !== undefined) return this.#mapRun;
    if (this.#mapRunArn === undefined) {
      const { mapRuns } = await this.#sfn.send(new ListMapRunsCommand({ executionArn: this.executionArn }), {
        abortSignal: signal,
      });
      this.#mapRunArn = mapRuns?.[0]?.mapRunArn;
    }
    if (this.#mapRunArn === undefined) return undefined;
    const command = new DescribeMapRunCommand({ mapRunArn: this.#mapRunArn });
    this.#mapRun = await this.#sfn.send(command, { abortSignal: signal });
    return this.#mapRun;
  }

  async #translated<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) throw new RunNotFoundError(runIdOf(this.executionArn));
      throw error;
    }
  }

  #snapshot(
    execution: DescribeExecutionOutput,
    { stateName, address }: HistoryReading,
    mapRun: DescribeMapRunOutput | undefined,
  ): RunSnapshot {
    const status = runStatusOf(execution.status);
    return {
      runId: execution.name ?? runIdOf(this.executionArn),
      status,
      stateName,
      address,
      ranks: mapRun ? countsOf(mapRun) : undefined,
      startedAtMs: execution.startDate?.getTime() ?? 0,
      endedAtMs: execution.stopDate?.getTime(),
      mapStartedAtMs: mapRun?.startDate?.getTime(),
      mapEndedAtMs: mapRun?.stopDate?.getTime(),
      fault:
        status === 'FAILED' || status === 'ABORTED'
          ? executionFault(execution.error ?? execution.status, execution.cause)
          : undefined,
    };
  }
}

function countsOf({ itemCounts }: DescribeMapRunOutput): RankCounts | undefined {
  if (!itemCounts) return undefined;
  return {
    expected: itemCounts.total ?? 0,
    waiting: itemCounts.pending ?? 0,
    running: itemCounts.running ?? 0,
    done: itemCounts.succeeded ?? 0,
    failed: (itemCounts.failed ?? 0) + (itemCounts.timedOut ?? 0) + (itemCounts.aborted ?? 0),
  };
}
