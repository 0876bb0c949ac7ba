import { paginateListStateMachines, type SFNClient } from '@aws-sdk/client-sfn';
import { StackNotFoundError } from '../errors.js';
import { createClients } from './clients.js';
import type { Target, TargetOptions } from './target.js';

const defaultStage = 'dev';

/** The name that the stack of a stage gives its state machine. */
export const stateMachineNameOf = (stage: string): string => `muster-${stage}-inference`;

/** AWS, with the state machine of a stage or of an ARN. */
export async function openDeployedStack(options: TargetOptions, signal: AbortSignal): Promise<Target> {
  const clients = createClients({ region: options.region ?? regionIn(options.stateMachine) });
  try {
    const region = await clients.sfn.config.region();
    return {
      kind: 'aws',
      clients,
      region,
      stateMachineArn: async () =>
        options.stateMachine ?? findByName(clients.sfn, options.stage ?? defaultStage, region, signal),
      lost: new AbortController().signal,
      close: async () => clients.destroy(),
    };
  } catch (error) {
    clients.destroy();
    throw error;
  }
}

function regionIn(stateMachineArn: string | undefined): string | undefined {
  if (stateMachineArn === undefined) return undefined;
  const match = /^arn:[^:]+:states:([^:]+):\d{12}:stateMachine:[^:]+$/.exec(stateMachineArn);
  if (match) return match[1];
  throw new StackNotFoundError(`"${stateMachineArn}" is not the ARN of a state machine.`, {
    remedy: 'Expected arn:aws:states:<region>:<account>:stateMachine:<name>.',
  });
}

async function findByName(sfn: SFNClient, stage: string, region: string, signal: AbortSignal): Promise<string> {
  const wanted = stateMachineNameOf(stage);
  for await (const { stateMachines } of paginateListStateMachines({ client: sfn }, {})) {
    signal.throwIfAborted();
    const found = stateMachines?.find(({ name }) => name === wanted);
    if (found?.stateMachineArn) return found.stateMachineArn;
  }
  throw new StackNotFoundError(`No state machine "${wanted}" was found in ${region}.`, {
    remedy: 'Check --stage and --region, or name the state machine with --state-machine ARN.',
  });
}
