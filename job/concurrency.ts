import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  type LambdaClient,
  LambdaServiceException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';

/** How many executors Lambda will run at once, and which limit says so. */
export interface Concurrency {
  readonly free: number;
  readonly limit: string;
}

/**
 * The concurrency that the executor may use: its own reservation, or what the account has not reserved for others. What
 * other functions of the account use at the moment is not known to Lambda's API and not subtracted.
 *
 * @returns a fault when Lambda may not be asked or has no such function, which asking again does not mend.
 */
export async function executorConcurrency(
  lambda: LambdaClient,
  functionName: string,
): Promise<Concurrency | { fault: string }> {
  try {
    return await askedConcurrency(lambda, functionName);
  } catch (error) {
    const fault = lastingFault(error, functionName);
    if (fault === undefined) throw error;
    return { fault };
  }
}

async function askedConcurrency(lambda: LambdaClient, functionName: string): Promise<Concurrency> {
  const reserved = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: functionName }));
  if (reserved.ReservedConcurrentExecutions !== undefined) {
    return { free: reserved.ReservedConcurrentExecutions, limit: `the concurrency reserved for ${functionName}` };
  }
  const account = await lambda.send(new GetAccountSettingsCommand({}));
  const free = account.AccountLimit?.UnreservedConcurrentExecutions;
  if (free === undefined) throw new Error('GetAccountSettings answered without UnreservedConcurrentExecutions');
  return { free, limit: "the account's unreserved concurrency" };
}

function lastingFault(error: unknown, functionName: string): string | undefined {
  if (error instanceof ResourceNotFoundException) {
    return `Lambda has no function "${functionName}"; MUSTER_EXECUTOR_FUNCTION of Initialize must name the deployed executor`;
  }
  if (!(error instanceof LambdaServiceException) || error.$metadata.httpStatusCode !== 403) return undefined;
  const permissions = `lambda:GetFunctionConcurrency on ${functionName} and lambda:GetAccountSettings on *`;
  return `how many executors may run at once cannot be asked (${error.name}: ${error.message}); allow the role of Initialize ${permissions}`;
}
