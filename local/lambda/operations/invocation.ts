import type { IncomingHttpHeaders } from 'node:http';
import { InvalidParameterValueError, InvalidRequestContentError } from '../errors.js';
import { maxEventBytes } from '../invoker.js';
import { json, type LambdaAnswer, type LambdaRequest, type LambdaState, type Route, referenceOf } from './operation.js';

export const invocationRoutes: readonly Route[] = [
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, invoke],
  ['GET', /^\/_muster\/environments$/, listEnvironments],
];

async function invoke(state: LambdaState, request: LambdaRequest, functionName: string): Promise<LambdaAnswer> {
  const { headers, requestId, body: event } = request;
  const reference = referenceOf(state, request, functionName);
  const type = headerOf(headers, 'x-amz-invocation-type') ?? 'RequestResponse';
  const invocation = { reference, event, requestId, clientContext: clientContextOf(headers) };
  switch (type) {
    case 'DryRun':
      state.invoker.check(invocation, maxEventBytes.RequestResponse);
      return { status: 204 };
    case 'Event':
      state.invoker.enqueue(invocation);
      return { status: 202 };
    case 'RequestResponse': {
      const outcome = await state.invoker.invoke(invocation);
      return {
        status: 200,
        headers: {
          'X-Amz-Executed-Version': outcome.executedVersion,
          ...(outcome.errorType !== undefined && { 'X-Amz-Function-Error': 'Unhandled' }),
          ...(headerOf(headers, 'x-amz-log-type') === 'Tail' && {
            'X-Amz-Log-Result': outcome.logTail.toString('base64'),
          }),
        },
        body: outcome.payload,
      };
    }
    default:
      throw new InvalidParameterValueError(
        `Value '${type}' at 'invocationType' failed to satisfy constraint: Member must be RequestResponse, Event or DryRun`,
      );
  }
}

/** Not of AWS: which process runs which request. */
function listEnvironments({ pool }: LambdaState): LambdaAnswer {
  return json({ Environments: pool.list() });
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function clientContextOf(headers: IncomingHttpHeaders): string | undefined {
  const encoded = headerOf(headers, 'x-amz-client-context');
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    throw new InvalidRequestContentError('Client context must be a valid Base64-encoded JSON object.');
  }
  return text;
}
