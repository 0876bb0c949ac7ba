import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDeployedStack } from '../../../cli/cloud/deployedStack.js';
import { isUsable } from '../../../cli/cloud/stackOutputs.js';
import type { TargetOptions } from '../../../cli/cloud/target.js';
import { StackNotFoundError, StackNotReadyError, UsageError } from '../../../cli/errors.js';

const cloudFormation = mockClient(CloudFormationClient);
const arn = (name: string) => `arn:aws:states:eu-west-1:123456789012:stateMachine:${name}`;
const signal = new AbortController().signal;

const stack = (changes: Partial<Stack> = {}): { Stacks: Stack[] } => ({
  Stacks: [
    {
      StackName: 'muster-dev',
      CreationTime: new Date(0),
      StackStatus: 'CREATE_COMPLETE',
      Outputs: [
        { OutputKey: 'StateMachineArn', OutputValue: arn('muster-dev-inference') },
        { OutputKey: 'BucketName', OutputValue: 'bucket' },
      ],
      ...changes,
    },
  ],
});

async function stateMachineOf(options: TargetOptions): Promise<string> {
  const target = await openDeployedStack({ aws: true, region: 'eu-west-1', ...options }, signal);
  return target.stateMachineArn().finally(() => target.close());
}

describe('deployed stack', () => {
  beforeEach(() => {
    cloudFormation.reset();
    const missing = Object.assign(new Error('Stack with id muster-prod does not exist'), { name: 'ValidationError' });
    cloudFormation.on(DescribeStacksCommand, { StackName: 'muster-dev' }).resolves(stack());
    cloudFormation.on(DescribeStacksCommand, { StackName: 'muster-prod' }).rejects(missing);
  });

  it('says its state machine by its outputs, and is asked once', async () => {
    const target = await openDeployedStack({ aws: true, stage: 'dev', region: 'eu-west-1' }, signal);
    expect(await target.stateMachineArn()).toBe(arn('muster-dev-inference'));
    expect(await target.stateMachineArn()).toBe(arn('muster-dev-inference'));
    expect(target.region).toBe('eu-west-1');
    expect(cloudFormation.calls()).toHaveLength(1);
    await target.close();
  });

  it('is not needed where the state machine is named by its ARN, which also says the region', async () => {
    const target = await openDeployedStack({ aws: true, stateMachine: arn('mine') }, signal);
    expect(await target.stateMachineArn()).toBe(arn('mine'));
    expect(target.region).toBe('eu-west-1');
    expect(cloudFormation.calls()).toHaveLength(0);
  });

  it('says where it looked in vain, and what to do', async () => {
    const looking = stateMachineOf({ stage: 'prod' });
    await expect(looking).rejects.toThrow(StackNotFoundError);
    await expect(looking).rejects.toThrow(
      /no stack "muster-prod" in eu-west-1.*"npx serverless deploy --stage prod --region eu-west-1"/,
    );
  });

  it.each([
    ['ROLLBACK_COMPLETE', 'serverless remove'],
    ['CREATE_FAILED', 'serverless remove'],
    ['DELETE_FAILED', 'serverless remove'],
    ['CREATE_IN_PROGRESS', 'Wait until that has ended'],
    ['DELETE_IN_PROGRESS', 'Wait until that has ended'],
  ] as const)('is not used while it is %s', async (StackStatus, remedy) => {
    cloudFormation
      .on(DescribeStacksCommand, { StackName: 'muster-dev' })
      .resolves(stack({ StackStatus, StackStatusReason: 'a role is missing' }));
    const looking = stateMachineOf({});
    await expect(looking).rejects.toThrow(StackNotReadyError);
    await expect(looking).rejects.toThrow(`"muster-dev" in eu-west-1 is ${StackStatus} (a role is missing). `);
    await expect(looking).rejects.toThrow(remedy);
  });

  it('is used while it is updated, and after an update that was rolled back', () => {
    for (const status of ['UPDATE_COMPLETE', 'UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE', 'CREATE_COMPLETE']) {
      expect([status, isUsable(status)]).toEqual([status, true]);
    }
    expect(isUsable('UPDATE_ROLLBACK_FAILED')).toBe(false);
  });

  it('is refused when it is the stack of something else', async () => {
    cloudFormation.on(DescribeStacksCommand, { StackName: 'muster-dev' }).resolves(stack({ Outputs: [] }));
    await expect(stateMachineOf({})).rejects.toThrow(/has not the outputs of Muster:[\s\S]*StateMachineArn/);
  });

  it('does not hide what else CloudFormation refuses', async () => {
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
    cloudFormation.on(DescribeStacksCommand, { StackName: 'muster-dev' }).rejects(denied);
    await expect(stateMachineOf({})).rejects.toBe(denied);
  });

  it('refuses what is no ARN of a state machine, and two regions at once', async () => {
    await expect(stateMachineOf({ stateMachine: 'muster' })).rejects.toThrow(StackNotFoundError);
    await expect(stateMachineOf({ stateMachine: arn('mine'), region: 'us-east-1' })).rejects.toThrow(UsageError);
  });
});
