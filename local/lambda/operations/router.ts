import { InvalidParameterValueError, UnknownOperationError } from '../errors.js';
import { accountRoutes } from './account.js';
import { aliasRoutes } from './aliases.js';
import { concurrencyRoutes } from './concurrency.js';
import { functionRoutes } from './functions.js';
import { invocationRoutes } from './invocation.js';
import type { LambdaAnswer, LambdaRequest, LambdaState, Route } from './operation.js';
import { versionRoutes } from './versions.js';

const routes: readonly Route[] = [
  ...invocationRoutes,
  ...functionRoutes,
  ...versionRoutes,
  ...aliasRoutes,
  ...concurrencyRoutes,
  ...accountRoutes,
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
    if (match) return operation(state, request, ...match.slice(1).map(decodeName));
  }
  throw new UnknownOperationError(`The embedded Lambda has no operation ${method} ${path}.`);
}

function decodeName(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new InvalidParameterValueError(`The name ${part} is not percent-encoded as it should be.`, { cause: error });
  }
}
