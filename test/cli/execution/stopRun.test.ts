import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunNotFoundError } from '../../../cli/errors.js';
import { stopRun } from '../../../cli/execution/stopRun.js';
import { executionArn } from './examples.js';

const sfn = mockClient(SFNClient);
const options = { cause: 'asked to', pollMs: 1 };

describe('stopping a run', () => {
  beforeEach(() => {
    sfn.reset();
    sfn.on(StopExecutionCommand).resolves({ stopDate: new Date() });
  });

  it('waits until it has ended', async () => {
    const running = { status: 'RUNNING' as const };
    sfn.on(DescribeExecutionCommand).resolvesOnce(running).resolvesOnce(running).resolves({ status: 'ABORTED' });
    expect(await stopRun(new SFNClient({}), executionArn, options)).toEqual({ status: 'ABORTED', endedBefore: false });
    expect(sfn.commandCalls(StopExecutionCommand)[0].args[0].input).toMatchObject({ executionArn, cause: 'asked to' });
  });

  it('leaves one alone that has ended', async () => {
    sfn.on(DescribeExecutionCommand).resolves({ status: 'SUCCEEDED' });
    expect(await stopRun(new SFNClient({}), executionArn, options)).toEqual({ status: 'SUCCEEDED', endedBefore: true });
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0);
  });

  it('says how it ended when it was quicker than the stop', async () => {
    sfn.on(DescribeExecutionCommand).resolvesOnce({ status: 'RUNNING' }).resolves({ status: 'FAILED' });
    expect(await stopRun(new SFNClient({}), executionArn, options)).toEqual({ status: 'FAILED', endedBefore: false });
  });

  it('says that there is no such run', async () => {
    sfn.on(DescribeExecutionCommand).rejects(new ExecutionDoesNotExist({ message: 'no', $metadata: {} }));
    await expect(stopRun(new SFNClient({}), executionArn, options)).rejects.toThrow(RunNotFoundError);
  });
});
