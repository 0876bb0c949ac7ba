import { GetAccountSettingsCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { GetServiceQuotaCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { count } from '../terminal/quantities.js';
import { type Check, failed, look, ok, warning } from './check.js';

/** "Concurrent executions" of Lambda among the service quotas. */
const concurrencyQuota = { ServiceCode: 'lambda', QuotaCode: 'L-B99A9384' };
/** What AWS gives accounts that are not new. */
const usualConcurrency = 1_000;
/** What new accounts may give a function at most. Source: AWS Lambda Developer Guide, "Lambda quotas" */
const newAccountMemoryMb = 3_008;

export interface AccountClients {
  readonly sts: STSClient;
  readonly lambda: LambdaClient;
  readonly quotas: ServiceQuotasClient;
}

/** Who we are, and what the account lets us do in the clients' region. */
export async function accountChecks(clients: AccountClients): Promise<Check[]> {
  return Promise.all([
    look('credentials', 'Log in to AWS.', () => checkIdentity(clients.sts)),
    look('lambda-concurrency', 'Allow yourself lambda:GetAccountSettings.', () => checkConcurrency(clients)),
  ]);
}

async function checkIdentity(sts: STSClient): Promise<Check> {
  const { Arn, Account } = await sts.send(new GetCallerIdentityCommand({}));
  return ok('credentials', `${Arn ?? 'somebody'} of account ${Account ?? 'unknown'}`);
}

async function checkConcurrency({ lambda, quotas }: AccountClients): Promise<Check> {
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
  const granted = await grantedConcurrency(quotas);
  return judgeConcurrency(AccountLimit?.ConcurrentExecutions, AccountLimit?.UnreservedConcurrentExecutions, granted);
}

/** Undefined where the service quotas cannot be read; what Lambda says is what counts. */
async function grantedConcurrency(quotas: ServiceQuotasClient): Promise<number | undefined> {
  try {
    return (await quotas.send(new GetServiceQuotaCommand(concurrencyQuota))).Quota?.Value;
  } catch {
    return undefined;
  }
}

/** Lambda's limit, what of it no function has reserved, and the quota as Service Quotas has it. */
export function judgeConcurrency(
  limit: number | undefined,
  unreserved: number | undefined,
  quota: number | undefined,
): Check {
  const name = 'lambda-concurrency';
  if (limit === undefined || unreserved === undefined) {
    return failed(name, 'Lambda does not say its limits.', 'Try again; then ask AWS Support.');
  }
  const told = quota === undefined ? 'the quota itself could not be read' : `the quota is ${count(quota)}`;
  const found = `${count(unreserved)} executions at a time are free of ${count(limit)} (${told})`;
  const ask = `Ask for more of "Concurrent executions" (${concurrencyQuota.QuotaCode}) in Service Quotas`;
  if (unreserved < 1)
    return failed(name, `No execution is free: ${found}.`, `${ask}, or reserve less for other functions.`);
  if (quota !== undefined && quota > limit) {
    return warning(name, `${found}: what was granted has not come to Lambda yet.`, 'Wait some minutes.');
  }
  if (limit < usualConcurrency) {
    return warning(
      name,
      `${found}: a new account. Those may also give a function ${count(newAccountMemoryMb)} MB at most.`,
      `${ask}; runs of more ranks than are free go in waves, and without collectives. docs/scale.md says what is needed.`,
    );
  }
  return ok(name, `${found}; runs of more ranks that meet need a larger quota, see docs/scale.md`);
}
