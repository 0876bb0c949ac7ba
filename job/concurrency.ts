import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** How many executors Lambda will run at once, and which limit says so. */
export interface Concurrency {
  readonly free: number;
  readonly limit: string;
}

/**
 * The concurrency that the executor may use: its own reservation, or what the account has not reserved for others. What
 * other functions of the account use at the moment is not known to Lambda's API and not subtracted.
 */
export async function executorConcurrency(lambda: LambdaClient, functionName: string): Promise<Concurrency> {
  const reserved = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: functionName }));
  if (reserved.ReservedConcurrentExecutions !== undefined) {
    return { free: reserved.ReservedConcurrentExecutions, limit: `the concurrency reserved for ${functionName}` };
  }
  const account = await lambda.send(new GetAccountSettingsCommand({}));
  const free = account.AccountLimit?.UnreservedConcurrentExecutions;
  if (free === undefined) throw new Error('GetAccountSettings answered without UnreservedConcurrentExecutions');
  return { free, limit: "the account's unreserved concurrency" };
}
