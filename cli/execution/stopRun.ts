import { setTimeout as wait } from 'node:timers/promises';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { RunNotFoundError } from '../errors.js';
import { runIdOf } from './executionArn.js';
import { releaseRun } from './releaseRun.js';
import { runStatusOf } from './runObserver.js';
import type { RunAddress, RunStatus } from './runSnapshot.js';

export interface StopOptions {
  readonly cause: string;
  readonly pollMs: number;
  readonly signal?: AbortSignal;
}

/** How an execution ended, and whether it had before it was to be stopped. */
export interface StoppedRun {
  readonly status: RunStatus;
  readonly endedBefore: boolean;
  /** Where the run wrote; undefined when none of its ranks was told to end, because it had none or had ended by itself. */
  readonly address: RunAddress | undefined;
}

/**
 * Stops an execution, waits until it has ended, and tells its executors to end too. It may end by itself in the meantime.
 * One that somebody else stopped stays as it is, but its executors are told (again).
 *
 * @throws RunNotFoundError, StopIncompleteError
 */
export async function stopRun(
  clients: { readonly sfn: SFNClient; readonly lambda: LambdaClient },
  executionArn: string,
  { cause, pollMs, signal }: StopOptions,
): Promise<StoppedRun> {
  const { sfn } = clients;
  let status = await statusOf(sfn, executionArn, signal);
  const endedBefore = status !== 'RUNNING';
  if (!endedBefore) {
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause }), { abortSignal: signal });
    status = await statusOf(sfn, executionArn, signal);
  }
  while (status === 'RUNNING') {
    await wait(pollMs, undefined, { signal });
    status = await statusOf(sfn, executionArn, signal);
  }
  const address = status === 'ABORTED' ? await releaseRun(clients, executionArn, cause) : undefined;
  return { status, endedBefore, address };
}

async function statusOf(
  sfn: SFNClient,
  executionArn: string,
  abortSignal: AbortSignal | undefined,
): Promise<RunStatus> {
  try {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }), { abortSignal });
    return runStatusOf(status);
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) throw new RunNotFoundError(runIdOf(executionArn));
    throw error;
  }
}
