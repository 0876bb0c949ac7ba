import { messageOf } from '../../../run/errors.js';
import { StateFailure, StatesApiError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject, parseJson, typeName } from '../json.js';
import type { TaskCall, TaskIntegration } from './integration.js';

/** An execution that a task started. */
export interface StartedExecution {
  executionArn: string;
  /** Seconds since the epoch. */
  startDate: number;
  /** Resolves with the answer of DescribeExecution when it has ended. */
  ended: Promise<JsonObject>;
  stop(cause: string): void;
}

/** Starts executions in the same service. */
export interface ExecutionStarter {
  /** @throws StatesApiError as the API operation StartExecution */
  start(request: { stateMachineArn: string; name?: string; input?: string }): Promise<StartedExecution>;
}

const argumentNames = ['StateMachineArn', 'Input', 'Name'];

/** The `arn:aws:states:::states:startExecution` resources: start and go on, or (`.sync`, `.sync:2`) wait for the end. */
export function startExecutionIntegrations(starter: ExecutionStarter): [string, TaskIntegration][] {
  const forms = ['startExecution', 'startExecution.sync', 'startExecution.sync:2'] as const;
  return forms.map((resource) => [
    `arn:aws:states:::states:${resource}`,
    {
      resourceType: 'states',
      resource,
      arguments: { allowed: argumentNames, required: ['StateMachineArn'] },
      async run(args, call) {
        const started = await start(starter, args);
        const receipt = { ExecutionArn: started.executionArn, StartDate: started.startDate };
        if (resource === 'startExecution') return receipt;
        call.submitted(receipt);
        return waitForEnd(started, call, resource === 'startExecution.sync:2');
      },
    },
  ]);
}

async function start(starter: ExecutionStarter, args: Json): Promise<StartedExecution> {
  if (!isJsonObject(args))
    throw new StateFailure('States.Runtime', `startExecution: the arguments must be an object, not ${typeName(args)}.`);
  const { StateMachineArn: stateMachineArn, Input: input = {}, Name: name } = args;
  if (typeof stateMachineArn !== 'string')
    throw new StateFailure('States.Runtime', 'startExecution: StateMachineArn must be a string.');
  if (name !== undefined && typeof name !== 'string')
    throw new StateFailure('States.Runtime', 'startExecution: Name must be a string.');
  try {
    return await starter.start({
      stateMachineArn,
      name,
      input: typeof input === 'string' ? input : JSON.stringify(input),
    });
  } catch (error) {
    if (!(error instanceof StatesApiError)) throw error;
    throw new StateFailure(`StepFunctions.${error.code.replace(/Exception$/, '')}Exception`, messageOf(error), error);
  }
}

async function waitForEnd(started: StartedExecution, { signal }: TaskCall, parsed: boolean): Promise<Json> {
  const stop = () => started.stop('The parent execution was stopped or its task timed out.');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const description = await started.ended.finally(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
  const result = capitalised(parsed ? withParsedPayloads(description) : description);
  if (description.status !== 'SUCCEEDED') throw new StateFailure('States.TaskFailed', JSON.stringify(result));
  return result;
}

function withParsedPayloads(description: JsonObject): JsonObject {
  const parsed = ['input', 'output'].flatMap((key): [string, Json][] => {
    const text = description[key];
    return typeof text === 'string' ? [[key, parseJson(text)]] : [];
  });
  return { ...description, ...Object.fromEntries(parsed) };
}

/** The fields of DescribeExecution under the names that results of tasks have. */
function capitalised(description: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(description).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]),
  );
}
