import { z } from 'zod';
import { parseParameters } from '../parameters.js';
import {
  json,
  type LambdaAnswer,
  type LambdaRequest,
  type LambdaState,
  type Route,
  readJson,
  unqualifiedName,
} from './operation.js';

export const concurrencyRoutes: readonly Route[] = [
  ['GET', /^\/2019-09-30\/functions\/([^/]+)\/concurrency$/, getFunctionConcurrency],
  ['PUT', /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/, putFunctionConcurrency],
  ['DELETE', /^\/2017-10-31\/functions\/([^/]+)\/concurrency$/, deleteFunctionConcurrency],
];

const concurrencySchema = z.strictObject({
  ReservedConcurrentExecutions: z.int('must be given, as an integer of 0 or more').min(0),
});

function getFunctionConcurrency(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const reserved = state.registry.reservedConcurrency(unqualifiedName(state, request, functionName));
  return json(reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved });
}

async function putFunctionConcurrency(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
): Promise<LambdaAnswer> {
  const name = unqualifiedName(state, request, functionName);
  const concurrency = parseParameters(concurrencySchema, readJson(request.body));
  await state.limits.reserve(name, concurrency.ReservedConcurrentExecutions);
  return json(concurrency);
}

async function deleteFunctionConcurrency(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
): Promise<LambdaAnswer> {
  await state.registry.releaseConcurrency(unqualifiedName(state, request, functionName));
  return { status: 204 };
}
