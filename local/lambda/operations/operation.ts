import type { IncomingHttpHeaders } from 'node:http';
import type { CodeStore } from '../codeStore.js';
import type { ConcurrencyLimits } from '../concurrency.js';
import type { EnvironmentPool } from '../environmentPool.js';
import { InvalidParameterValueError, InvalidRequestContentError } from '../errors.js';
import { type FunctionReference, parseFunctionReference } from '../functionName.js';
import type { FunctionRegistry } from '../functionRegistry.js';
import type { Invoker } from '../invoker.js';

/** What the operations work on. */
export interface LambdaState {
  readonly registry: FunctionRegistry;
  readonly limits: ConcurrencyLimits;
  readonly pool: EnvironmentPool;
  readonly invoker: Invoker;
  readonly code: CodeStore;
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

/** @param names - what the path of the request names: the function, then the alias. */
export type Operation = (
  state: LambdaState,
  request: LambdaRequest,
  ...names: string[]
) => LambdaAnswer | Promise<LambdaAnswer>;

export type Route = readonly [method: string, path: RegExp, operation: Operation];

const maxListItems = 50;

/** @throws InvalidParameterValueError for text that names no function of this account and region. */
export function referenceOf(state: LambdaState, { query }: LambdaRequest, functionName: string): FunctionReference {
  return parseFunctionReference(functionName, state.registry.account, query.get('Qualifier') ?? undefined);
}

/**
 * Name of a function that there is.
 *
 * @throws InvalidParameterValueError when a version or alias is named; ResourceNotFoundError
 */
export function unqualifiedName(state: LambdaState, request: LambdaRequest, functionName: string): string {
  const { name, qualifier } = referenceOf(state, request, functionName);
  if (qualifier !== undefined)
    throw new InvalidParameterValueError(
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation.',
    );
  state.registry.record(name);
  return name;
}

/** One page of a list, by the parameters `Marker` and `MaxItems`. */
export function page<T>(all: readonly T[], query: URLSearchParams): { items: readonly T[]; NextMarker?: string } {
  const start = Number(query.get('Marker') ?? 0);
  const count = Math.min(Number(query.get('MaxItems') ?? maxListItems), maxListItems);
  if (!Number.isInteger(start) || start < 0 || start > all.length)
    throw new InvalidParameterValueError(`Invalid Marker ${query.get('Marker')}.`);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidParameterValueError(`Invalid MaxItems ${query.get('MaxItems')}.`);
  const end = start + count;
  return { items: all.slice(start, end), ...(end < all.length && { NextMarker: String(end) }) };
}

/** The JSON of a request. @throws InvalidRequestContentError */
export function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    throw new InvalidRequestContentError('Could not parse request body into json', { cause: error });
  }
}

export function json(body: object, status = 200): LambdaAnswer {
  return { status, body };
}
