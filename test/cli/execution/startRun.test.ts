import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunNameError } from '../../../cli/errors.js';
import { executionArnOf, runIdOf } from '../../../cli/execution/executionArn.js';
import { isRunName, makeRunName, startRun } from '../../../cli/execution/startRun.js';
import { executionArn, stateMachineArn } from './examples.js';

const sfn = mockClient(SFNClient);

describe('starting a run', () => {
  beforeEach(() => {
    sfn.reset();
    sfn.on(StartExecutionCommand).resolves({ executionArn, startDate: new Date() });
  });

  it('hands the payload over as it was written', async () => {
    const payload = { bucket: 'b', file_limit: '11' };
    expect(await startRun(new SFNClient({}), stateMachineArn, payload, 'nightly-7')).toEqual({
      runId: 'nightly-7',
      executionArn,
    });
    const [call] = sfn.commandCalls(StartExecutionCommand);
    expect(call.args[0].input).toEqual({
      stateMachineArn,
      name: 'nightly-7',
      input: '{"bucket":"b","file_limit":"11"}',
    });
  });

  it('makes a name that sorts by time', () => {
    const name = makeRunName(new Date('2025-03-01T12:34:56.789Z'));
    expect(name).toMatch(/^muster-20250301-123456-[a-z2-9]{4}$/);
    expect(isRunName(name)).toBe(true);
  });

  it.each(['', 'a b', 'a/b', 'ä', 'x'.repeat(81)])('refuses the name "%s" before it asks anybody', async (name) => {
    await expect(startRun(new SFNClient({}), stateMachineArn, {}, name)).rejects.toThrow(RunNameError);
    expect(sfn.calls()).toHaveLength(0);
  });

  it('says that a name is taken', async () => {
    sfn.on(StartExecutionCommand).rejects(new ExecutionAlreadyExists({ message: 'there', $metadata: {} }));
    await expect(startRun(new SFNClient({}), stateMachineArn, {}, 'nightly-7')).rejects.toThrow(
      'already a run "nightly-7"',
    );
  });
});

describe('ARN of an execution', () => {
  it('goes with the one of its state machine', () => {
    expect(executionArnOf(stateMachineArn, 'nightly-7')).toBe(executionArn);
    expect(runIdOf(executionArn)).toBe('nightly-7');
  });

  it('is made of nothing else', () => {
    expect(() => executionArnOf('arn:aws:lambda:us-east-1:0:function:f', 'x')).toThrow(RangeError);
  });
});
