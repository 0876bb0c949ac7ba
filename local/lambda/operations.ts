import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { ConcurrencyLimits } from './concurrency.js';
import type { EnvironmentPool } from './environmentPool.js';
import {
  InvalidParameterValueError,
  InvalidRequestContentError,
  ResourceNotFoundError,
  UnknownOperationError,
} from './errors.js';
import { describeFunction, parseConfigurationChange } from './functionConfiguration.js';
import { type FunctionReference, parseFunctionReference } from './functionName.js';
import type { FunctionRegistry } from './functionRegistry.js';
import { type Invoker, maxEventBytes } from './invoker.js';

/** What the operations work on. */
export interface LambdaState {
  readonly registry: FunctionRegistry;
  readonly limits: ConcurrencyLimits;
  readonly pool: EnvironmentPool;
  readonly invoker: Invoker;
}

/** A request as the operations need it. */
export interface LambdaRequest {
  readonly requestId: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface LambdaAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: Buffer | object;
}

type Operation = (
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
) => LambdaAnswer | Promise<LambdaAnswer>;

/** Code storage of an account in bytes, as GetAccountSettings reports it (Lambda quotas). */
const codeQuota = { total: 80_530_636_800, unzipped: 262_144_000, zipped: 52_428_800 };

const concurrencySchema = z.strictObject({ ReservedConcurrentExecutions: z.int().min(0) });
const maxListItems = 50;

const routes: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, invoke],
  ['GET', /^\/2015-03-31\/functions\/?$/, listFunctions],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)$/, getFunction],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, getFunctionConfiguration],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, updateFunctionConfiguration],
  ['GET', /^\/2019-09-30\/functions\/([^/]+)\/concurrency$/, getFunctionConcurrency],
  ['PUT', /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/, putFunctionConcurrency],
  ['DELETE', /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/, deleteFunctionConcurrency],
  ['GET', /^\/2016-08-19\/account-settings\/?$/, getAccountSettings],
  ['GET', /^\/_muster\/environments$/, listEnvironments],
];

/**
 * Runs the operation that a method and path name, as in the
 * [API reference](https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html) of Lambda.
 *
 * @throws LambdaApiError
 */
export async function runOperation(
  state: LambdaState,
  method: string,
  path: string,
  request: LambdaRequest,
): Promise<LambdaAnswer> {
  for (const [routeMethod, pattern, operation] of routes) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match) return operation(state, request, decodeName(match[1] ?? ''));
  }
  throw new UnknownOperationError(`The embedded Lambda has no operation ${method} ${path}.`);
}

function decodeName(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new InvalidParameterValueError(`The function name ${part} is not percent-encoded as it should be.`, {
      cause: error,
    });
  }
}

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
          'X-Amz-Executed-Version': '$LATEST',
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

function listFunctions({ registry }: LambdaState, { query }: LambdaRequest): LambdaAnswer {
  const all = registry.list();
  const start = Number(query.get('Marker') ?? 0);
  const count = Math.min(Number(query.get('MaxItems') ?? maxListItems), maxListItems);
  if (!Number.isInteger(start) || start < 0 || start > all.length)
    throw new InvalidParameterValueError(`Invalid Marker ${query.get('Marker')}.`);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidParameterValueError(`Invalid MaxItems ${query.get('MaxItems')}.`);
  const end = start + count;
  return json({
    Functions: all.slice(start, end).map((revision) => describeFunction(registry.account, revision)),
    ...(end < all.length && { NextMarker: String(end) }),
  });
}

function getFunction(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const { registry } = state;
  const revision = registry.get(referenceOf(state, request, functionName));
  const reserved = registry.reservedConcurrency(revision.definition.name);
  return json({
    Configuration: describeFunction(registry.account, revision),
    Code: { RepositoryType: 'LocalFolder', Location: revision.definition.artifactFolder },
    ...(reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  });
}

function getFunctionConfiguration(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  return json(describeFunction(state.registry.account, state.registry.get(referenceOf(state, request, functionName))));
}

async function updateFunctionConfiguration(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
): Promise<LambdaAnswer> {
  const reference = referenceOf(state, request, functionName);
  const { change, revisionId } = parseConfigurationChange(parseJson(request.body));
  const revision = state.registry.update(reference, change, revisionId);
  await state.pool.endIdle(revision.definition.name);
  return json(describeFunction(state.registry.account, revision));
}

function getFunctionConcurrency(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const reserved = state.registry.reservedConcurrency(unqualifiedName(state, request, functionName));
  return json(reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved });
}

function putFunctionConcurrency(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const name = unqualifiedName(state, request, functionName);
  const parsed = concurrencySchema.safeParse(parseJson(request.body));
  if (!parsed.success)
    throw new InvalidParameterValueError('ReservedConcurrentExecutions must be given, as an integer of 0 or more.');
  state.limits.reserve(name, parsed.data.ReservedConcurrentExecutions);
  return json(parsed.data);
}

function deleteFunctionConcurrency(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  state.registry.releaseConcurrency(unqualifiedName(state, request, functionName));
  return { status: 204 };
}

function getAccountSettings({ registry, limits }: LambdaState): LambdaAnswer {
  return json({
    AccountLimit: {
      TotalCodeSize: codeQuota.total,
      CodeSizeUnzipped: codeQuota.unzipped,
      CodeSizeZipped: codeQuota.zipped,
      ConcurrentExecutions: limits.accountLimit,
      UnreservedConcurrentExecutions: limits.unreserved,
    },
    AccountUsage: { FunctionCount: registry.list().length },
  });
}

/** Not of AWS: which process runs which request. */
function listEnvironments({ pool }: LambdaState): LambdaAnswer {
  return json({ Environments: pool.list() });
}

function referenceOf({ registry }: LambdaState, { query }: LambdaRequest, functionName: string): FunctionReference {
  return parseFunctionReference(functionName, registry.account, query.get('Qualifier') ?? undefined);
}

/** Concurrency belongs to a function and not to one of its versions. */
function unqualifiedName(state: LambdaState, request: LambdaRequest, functionName: string): string {
  const { name, qualifier } = referenceOf(state, request, functionName);
  if (qualifier !== undefined)
    throw new InvalidParameterValueError(
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation.',
    );
  if (!state.registry.list().some(({ definition }) => definition.name === name))
    throw new ResourceNotFoundError(`Function not found: ${functionName}`);
  return name;
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

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    throw new InvalidRequestContentError('Could not parse request body into json', { cause: error });
  }
}

function json(body: object): LambdaAnswer {
  return { status: 200, body };
}
