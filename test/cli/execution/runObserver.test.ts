import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListMapRunsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunNotFoundError } from '../../../cli/errors.js';
import { RunObserver } from '../../../cli/execution/runObserver.js';
import { executionArn, stateMachineArn } from './examples.js';

const sfn = mockClient(SFNClient);
const mapRunArn = 'arn:aws:states:us-east-1:000000000000:mapRun:muster-inference/Ranks:1';

function event(id: number, details: Partial<HistoryEvent>): HistoryEvent {
  return { id, timestamp: new Date(id), type: 'TaskStateEntered', ...details };
}

const initialized = {
  runId: 'nightly-7',
  bucket: 'b',
  resultPrefix: 'results/x',
  worldSize: 4,
  maxConcurrency: 4,
  retries: 2,
};
const history = [
  event(1, { type: 'ExecutionStarted' }),
  event(2, { stateEnteredEventDetails: { name: 'Initialize', input: '{}' } }),
  event(3, { stateExitedEventDetails: { name: 'Initialize', output: JSON.stringify(initialized) } }),
  event(4, { stateEnteredEventDetails: { name: 'RunRanks', input: '{}' } }),
];
const counts = {
  total: 4,
  pending: 1,
  running: 1,
  succeeded: 1,
  failed: 1,
  timedOut: 0,
  aborted: 0,
  resultsWritten: 0,
};

describe('looking at a run', () => {
  beforeEach(() => {
    sfn.reset();
    sfn.on(DescribeExecutionCommand).resolves({
      executionArn,
      stateMachineArn,
      name: 'nightly-7',
      status: 'RUNNING',
      startDate: new Date(1_000_000),
    });
    sfn.on(GetExecutionHistoryCommand).resolves({ events: history.slice(0, 2), nextToken: 'more' });
    sfn.on(GetExecutionHistoryCommand, { nextToken: 'more' }).resolves({ events: history.slice(2) });
    sfn.on(ListMapRunsCommand).resolves({ mapRuns: [] });
  });

  it('sees a run before its ranks start', async () => {
    sfn.on(GetExecutionHistoryCommand).resolves({ events: history.slice(0, 2) });
    const snapshot = await new RunObserver(new SFNClient({}), executionArn).observe();
    expect(snapshot).toMatchObject({
      runId: 'nightly-7',
      status: 'RUNNING',
      stateName: 'Initialize',
      startedAtMs: 1_000_000,
    });
    expect(snapshot.address).toBeUndefined();
    expect(snapshot.ranks).toBeUndefined();
  });

  it('sees where the run writes and what its ranks do, over all pages of its history', async () => {
    sfn
      .on(ListMapRunsCommand)
      .resolves({ mapRuns: [{ mapRunArn, executionArn, stateMachineArn, startDate: new Date() }] });
    sfn.on(DescribeMapRunCommand).resolves({ mapRunArn, startDate: new Date(1_002_000), itemCounts: counts });
    const snapshot = await new RunObserver(new SFNClient({}), executionArn).observe();
    expect(snapshot).toMatchObject({
      stateName: 'RunRanks',
      address: { bucket: 'b', resultPrefix: 'results/x', worldSize: 4 },
      ranks: { expected: 4, waiting: 1, running: 1, done: 1, failed: 1 },
      mapStartedAtMs: 1_002_000,
    });
  });

  it('asks no more about a map that is over', async () => {
    sfn
      .on(ListMapRunsCommand)
      .resolves({ mapRuns: [{ mapRunArn, executionArn, stateMachineArn, startDate: new Date() }] });
    sfn.on(DescribeMapRunCommand).resolves({ mapRunArn, stopDate: new Date(1_004_000), itemCounts: counts });
    const observer = new RunObserver(new SFNClient({}), executionArn);
    await observer.observe();
    await observer.observe();
    expect(sfn.commandCalls(DescribeMapRunCommand)).toHaveLength(1);
    expect(sfn.commandCalls(ListMapRunsCommand)).toHaveLength(1);
  });

  it.each([
    ['SUCCEEDED', 'SUCCEEDED'],
    ['FAILED', 'FAILED'],
    ['TIMED_OUT', 'FAILED'],
    ['ABORTED', 'ABORTED'],
  ] as const)('takes %s for %s', async (status, expected) => {
    sfn
      .on(DescribeExecutionCommand)
      .resolves({ name: 'nightly-7', status, startDate: new Date(0), stopDate: new Date(5) });
    const snapshot = await new RunObserver(new SFNClient({}), executionArn).observe();
    expect(snapshot).toMatchObject({ status: expected, endedAtMs: 5 });
    expect(snapshot.fault === undefined).toBe(expected === 'SUCCEEDED');
  });

  it('gives the error and the message of the function that failed', async () => {
    const cause = JSON.stringify({ errorType: 'PreflightError', errorMessage: 'The run cannot start', trace: [] });
    sfn.on(DescribeExecutionCommand).resolves({ status: 'FAILED', error: 'PreflightError', cause });
    const snapshot = await new RunObserver(new SFNClient({}), executionArn).observe();
    expect(snapshot.fault).toEqual({ name: 'PreflightError', message: 'The run cannot start' });
  });

  it('says that there is no such run', async () => {
    sfn.on(DescribeExecutionCommand).rejects(new ExecutionDoesNotExist({ message: 'no', $metadata: {} }));
    await expect(new RunObserver(new SFNClient({}), executionArn).observe()).rejects.toThrow(RunNotFoundError);
  });
});
