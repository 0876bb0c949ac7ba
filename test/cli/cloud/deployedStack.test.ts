import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDeployedStack } from '../../../cli/cloud/deployedStack.js';
import { StackNotFoundError } from '../../../cli/errors.js';

const sfn = mockClient(SFNClient);
const arn = (name: string) => `arn:aws:states:eu-west-1:123456789012:stateMachine:${name}`;
const machine = (name: string) => ({
  name,
  stateMachineArn: arn(name),
  type: 'STANDARD' as const,
  creationDate: new Date(),
});
const signal = new AbortController().signal;

describe('deployed stack', () => {
  beforeEach(() => {
    sfn.reset();
    sfn
      .on(ListStateMachinesCommand)
      .resolves({ stateMachines: [machine('other'), machine('muster-dev-inference-old')], nextToken: 'more' })
      .on(ListStateMachinesCommand, { nextToken: 'more' })
      .resolves({ stateMachines: [machine('muster-dev-inference')] });
  });

  it('is found by the name that the stage gives it, on whichever page', async () => {
    const target = await openDeployedStack({ aws: true, stage: 'dev', region: 'eu-west-1' }, signal);
    expect(await target.stateMachineArn()).toBe(arn('muster-dev-inference'));
    expect(target.region).toBe('eu-west-1');
    await target.close();
  });

  it('is named by its ARN, which also says the region', async () => {
    const target = await openDeployedStack({ aws: true, stateMachine: arn('mine') }, signal);
    expect(await target.stateMachineArn()).toBe(arn('mine'));
    expect(target.region).toBe('eu-west-1');
    expect(sfn.calls()).toHaveLength(0);
  });

  it('says where it looked in vain', async () => {
    const target = await openDeployedStack({ aws: true, stage: 'prod', region: 'eu-west-1' }, signal);
    await expect(target.stateMachineArn()).rejects.toThrow(StackNotFoundError);
    await expect(target.stateMachineArn()).rejects.toThrow('"muster-prod-inference" was found in eu-west-1');
  });

  it('refuses what is no ARN of a state machine', async () => {
    await expect(openDeployedStack({ aws: true, stateMachine: 'muster' }, signal)).rejects.toThrow(StackNotFoundError);
  });
});
