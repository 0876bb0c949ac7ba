import { InvokeCommand, type InvokeCommandInput, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import type { AwsClients } from '../../awsClients.js';
import { StateFailure } from '../errors.js';
import { isJsonObject, type Json, type JsonObject, parseJson, typeName } from '../json.js';
import { awsFailure } from './awsFailure.js';
import type { TaskCall, TaskIntegration } from './integration.js';

const argumentNames = ['FunctionName', 'Payload', 'InvocationType', 'Qualifier', 'ClientContext', 'LogType'] as const;

/** `arn:aws:states:::lambda:invoke`: invokes a function; the result holds its `Payload` and the facts of the call. */
export function lambdaInvoke(clients: AwsClients): TaskIntegration {
  return {
    resourceType: 'lambda',
    resource: 'invoke',
    arguments: { allowed: argumentNames, required: ['FunctionName'] },
    async run(args, call) {
      const output = await invoke(clients, readArguments(args), call);
      const { httpStatusCode, requestId } = output.$metadata;
      return {
        ExecutedVersion: output.ExecutedVersion ?? '$LATEST',
        ...(output.LogResult !== undefined && { LogResult: output.LogResult }),
        Payload: payloadOf(output),
        SdkHttpMetadata: { HttpStatusCode: httpStatusCode ?? 200 },
        SdkResponseMetadata: { RequestId: requestId ?? '' },
        StatusCode: output.StatusCode ?? 200,
      };
    },
  };
}

/** A Task whose resource is the ARN of a function: the input is the payload, the result is what the function returned. */
export function lambdaFunction(clients: AwsClients, functionArn: string): TaskIntegration {
  return {
    resource: functionArn,
    arguments: { required: [] },
    run: async (args, call) =>
      payloadOf(await invoke(clients, { FunctionName: functionArn, Payload: JSON.stringify(args) }, call)),
  };
}

async function invoke(
  clients: AwsClients,
  input: InvokeCommandInput,
  { signal }: TaskCall,
): Promise<InvokeCommandOutput> {
  let output: InvokeCommandOutput;
  try {
    output = await clients.lambda.send(new InvokeCommand(input), { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    throw awsFailure(error, 'Lambda', 'ServiceException');
  }
  if (output.FunctionError !== undefined) throw functionFailure(output);
  return output;
}

/** An error that the function itself reported: named by its `errorType`, the whole report as its cause. */
function functionFailure(output: InvokeCommandOutput): StateFailure {
  const report = payloadOf(output);
  const { errorType } = isJsonObject(report) ? report : {};
  const name = typeof errorType === 'string' && errorType !== '' ? errorType : 'Lambda.Unknown';
  return new StateFailure(name, JSON.stringify(report));
}

function payloadOf({ Payload: payload }: InvokeCommandOutput): Json {
  const text = payload?.transformToString() ?? '';
  if (text === '') return null;
  try {
    return parseJson(text);
  } catch (error) {
    throw new StateFailure(
      'Lambda.Unknown',
      `The function answered with something that is not JSON: ${text.slice(0, 200)}`,
      error,
    );
  }
}

function readArguments(args: Json): InvokeCommandInput {
  const fields = isJsonObject(args) ? args : fail(`the arguments must be an object, not ${typeName(args)}`);
  const unknown = Object.keys(fields).filter((name) => !argumentNames.some((known) => known === name));
  if (unknown.length > 0) fail(`unknown arguments ${unknown.join(', ')}; known: ${argumentNames.join(', ')}`);
  const functionName = textArgument(fields, 'FunctionName') ?? fail('FunctionName is missing');
  return {
    FunctionName: functionName,
    Payload: fields.Payload === undefined ? undefined : JSON.stringify(fields.Payload),
    InvocationType: oneOf(fields, 'InvocationType', ['RequestResponse', 'Event', 'DryRun']),
    Qualifier: textArgument(fields, 'Qualifier'),
    ClientContext: textArgument(fields, 'ClientContext'),
    LogType: oneOf(fields, 'LogType', ['None', 'Tail']),
  };
}

function fail(reason: string): never {
  throw new StateFailure('States.Runtime', `lambda:invoke: ${reason}.`);
}

function textArgument(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  return fail(`${name} must be a string, not ${typeName(value)}`);
}

function oneOf<Choice extends string>(
  fields: JsonObject,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = textArgument(fields, name);
  if (value === undefined) return undefined;
  return (
    choices.find((choice) => choice === value) ?? fail(`${name} must be one of ${choices.join(', ')}, got '${value}'`)
  );
}
