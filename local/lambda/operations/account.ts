import { json, type LambdaAnswer, type LambdaState, type Route } from './operation.js';

export const accountRoutes: readonly Route[] = [['GET', /^\/2016-08-19\/account-settings\/?$/, getAccountSettings]];

/** Code storage of an account in bytes, as GetAccountSettings reports it (Lambda quotas). */
const codeQuota = { total: 80_530_636_800, unzipped: 262_144_000, zipped: 52_428_800 };

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
