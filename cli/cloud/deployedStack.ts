import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { StackNotFoundError, UsageError } from '../errors.js';
import { createClients } from './clients.js';
import { stackOutputs } from './stackOutputs.js';
import type { Target, TargetOptions } from './target.js';

export const defaultStage = 'dev';

/** AWS, with the state machine of a stage's stack or of an ARN. */
export async function openDeployedStack(options: TargetOptions, signal: AbortSignal): Promise<Target> {
  const { stateMachine, stage = defaultStage } = options;
  const clients = createClients({ region: regionOf(options) });
  const cloudFormation = new CloudFormationClient({ region: clients.sfn.config.region });
  const close = async () => {
    clients.destroy();
    cloudFormation.destroy();
  };
  try {
    const region = await clients.sfn.config.region();
    let found: Promise<string> | undefined;
    const find = async () => (await stackOutputs(cloudFormation, stage, region, signal)).StateMachineArn;
    return {
      kind: 'aws',
      clients,
      region,
      stateMachineArn: () => {
        found ??= stateMachine === undefined ? find() : Promise.resolve(stateMachine);
        return found;
      },
      lost: new AbortController().signal,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws UsageError when two regions are named, StackNotFoundError when the ARN is none. */
function regionOf({ region, stateMachine }: TargetOptions): string | undefined {
  if (stateMachine === undefined) return region;
  const [, named] = /^arn:[^:]+:states:([^:]+):\d{12}:stateMachine:[^:]+$/.exec(stateMachine) ?? [];
  if (named === undefined) {
    throw new StackNotFoundError(`"${stateMachine}" is not the ARN of a state machine.`, {
      remedy: 'Expected arn:aws:states:<region>:<account>:stateMachine:<name>.',
    });
  }
  if (region !== undefined && region !== named) {
    throw new UsageError(`--region says ${region}, but the state machine is in ${named}; name one of them only.`);
  }
  return named;
}
