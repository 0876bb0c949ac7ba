import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { RunNotFoundError } from '../errors.js';
import { runIdOf } from './executionArn.js';
import { runStatusOf } from './runObserver.js';
import type { RunStatus } from './runSnapshot.js';

export interface StopOptions {
  readonly cause: string;
  readonly pollMs: number;
  readonly signal?: AbortSignal;
}

/** How an execution ended, and whether it had before it was to be stopped. */
export interface StoppedRun {
  readonly status: RunStatus;
  readonly endedBefore: boolean;
}

/**
 * Stops an execution and waits until it has ended; it may end by itself in the meantime.
 *
 * @throws RunNotFoundError
 */
export async function stopRun(sfn: SFNClient, executionArn: string, options: StopOptions): Promise<StoppedRun> {
  const { cause, pollMs, signal } = options;
  const before = await statusOf(sfn, executionArn, signal);
  if (before !== 'RUNNING') return { status: before, endedBefore: true };
  await sfn.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause }), { abortSignal: signal });
  for (;;) {
    const status = await statusOf(sfn, executionArn, signal);
    if (status !== 'RUNNING') return { status, endedBefore: false };
    await wait(pollMs, undefined, { signal });
  }
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
