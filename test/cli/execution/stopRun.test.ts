import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunNotFoundError, StopIncompleteError } from '../../../cli/errors.js';
import { stopRun } from '../../../cli/execution/stopRun.js';
import { executionArn } from './examples.js';

const sfn = mockClient(SFNClient);
const lambda = mockClient(LambdaClient);
const clients = { sfn: new SFNClient({}), lambda: new LambdaClient({}) };
const options = { cause: 'asked to', pollMs: 1 };
const address = { bucket: 'b', resultPrefix: 'results/x', worldSize: 4 };
const planned = {
  type: 'TaskStateExited' as const,
  id: 2,
  timestamp: new Date(0),
  stateExitedEventDetails: { name: 'Initialize', output: JSON.stringify(address) },
};
const task = (name: string) => ({ Arguments: { FunctionName: `arn:${name}` } });
const definition = JSON.stringify({
  States: {
    Initialize: task('initialize'),
    RunRanks: { ItemProcessor: { States: { Execute: task('executor') } } },
    Aggregate: task('aggregate'),
    Release: task('release'),
  },
});

describe('stopping a run', () => {
  beforeEach(() => {
    sfn.reset();
    lambda.reset();
    sfn.on(StopExecutionCommand).resolves({ stopDate: new Date() });
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [planned] });
    sfn.on(DescribeStateMachineForExecutionCommand).resolves({ definition });
    lambda.on(InvokeCommand).resolves({ StatusCode: 200 });
  });

  const eventsSent = () =>
    lambda
      .commandCalls(InvokeCommand)
      .map(({ args: [{ input }] }) => [input.FunctionName, JSON.parse(String(input.Payload))]);
  const expectedEvent = { stop: { runId: 'nightly-7', bucket: 'b', resultPrefix: 'results/x', cause: 'asked to' } };

  it('waits until it has ended, and tells its executors', async () => {
    const running = { status: 'RUNNING' as const };
    sfn.on(DescribeExecutionCommand).resolvesOnce(running).resolvesOnce(running).resolves({ status: 'ABORTED' });
    expect(await stopRun(clients, executionArn, options)).toEqual({ status: 'ABORTED', endedBefore: false, address });
    expect(sfn.commandCalls(StopExecutionCommand)[0].args[0].input).toMatchObject({ executionArn, cause: 'asked to' });
    expect(eventsSent()).toEqual([['arn:release', expectedEvent]]);
  });

  it('tells nobody when nothing was planned', async () => {
    sfn.on(DescribeExecutionCommand).resolvesOnce({ status: 'RUNNING' }).resolves({ status: 'ABORTED' });
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
    expect(await stopRun(clients, executionArn, options)).toMatchObject({ status: 'ABORTED', address: undefined });
    expect(eventsSent()).toEqual([]);
  });

  it('leaves one alone that has ended', async () => {
    sfn.on(DescribeExecutionCommand).resolves({ status: 'SUCCEEDED' });
    expect(await stopRun(clients, executionArn, options)).toMatchObject({ status: 'SUCCEEDED', endedBefore: true });
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0);
    expect(eventsSent()).toEqual([]);
  });

  it('tells the executors of one that somebody else stopped', async () => {
    sfn.on(DescribeExecutionCommand).resolves({ status: 'ABORTED' });
    expect(await stopRun(clients, executionArn, options)).toEqual({ status: 'ABORTED', endedBefore: true, address });
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0);
    expect(eventsSent()).toEqual([['arn:release', expectedEvent]]);
  });

  it('says how it ended when it was quicker than the stop', async () => {
    sfn.on(DescribeExecutionCommand).resolvesOnce({ status: 'RUNNING' }).resolves({ status: 'FAILED' });
    expect(await stopRun(clients, executionArn, options)).toMatchObject({ status: 'FAILED', endedBefore: false });
  });

  it('says that the executors work on when they cannot be told', async () => {
    sfn.on(DescribeExecutionCommand).resolvesOnce({ status: 'RUNNING' }).resolves({ status: 'ABORTED' });
    lambda.on(InvokeCommand).rejects(new Error('not allowed'));
    const stopping = stopRun(clients, executionArn, options);
    await expect(stopping).rejects.toThrow(StopIncompleteError);
    await expect(stopping).rejects.toThrow(/nightly-7 is stopped, but its executors could not be told.*not allowed/);
  });

  it('says that there is no such run', async () => {
    sfn.on(DescribeExecutionCommand).rejects(new ExecutionDoesNotExist({ message: 'no', $metadata: {} }));
    await expect(stopRun(clients, executionArn, options)).rejects.toThrow(RunNotFoundError);
  });
});
