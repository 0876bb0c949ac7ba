import { z } from 'zod';
import { QueryService, readParameters } from '../query/queryService.js';
import type { Credentials } from '../sigv4.js';

/** The STS of the embedded cloud: it tells a caller who it is. */
export function createStsService({
  credentials,
  accountId,
}: {
  credentials: Credentials;
  accountId: string;
}): QueryService {
  return new QueryService({
    credentials,
    service: 'sts',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    dialect: 'query',
    operations: new Map([
      [
        'GetCallerIdentity',
        (parameters) => {
          readParameters(z.strictObject({}), parameters);
          return {
            Arn: `arn:aws:iam::${accountId}:user/embedded`,
            UserId: credentials.accessKeyId,
            Account: accountId,
          };
        },
      ],
    ]),
  });
}
