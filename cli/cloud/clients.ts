import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The AWS clients that commands work with; the same for the embedded cloud and for AWS. */
export interface Clients {
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  destroy(): void;
}

export interface ClientOptions {
  /** The embedded cloud's endpoint; undefined: AWS, or what the environment says. */
  readonly endpoint?: string;
  /** Undefined: what the environment and the profile say. */
  readonly region?: string;
  /** Undefined: the usual chain of the AWS SDK. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function createClients({ endpoint, region, credentials }: ClientOptions): Clients {
  const shared = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 4,
  };
  const requestHandler = () =>
    new NodeHttpHandler({ connectionTimeout: 5_000, httpAgent: { keepAlive: true, maxSockets: 64 } });
  const s3 = new S3Client({ ...shared, requestHandler: requestHandler(), forcePathStyle: endpoint !== undefined });
  const sfn = new SFNClient({ ...shared, requestHandler: requestHandler() });
  const lambda = new LambdaClient({ ...shared, requestHandler: requestHandler() });
  const logs = new CloudWatchLogsClient({ ...shared, requestHandler: requestHandler() });
  return {
    s3,
    sfn,
    lambda,
    logs,
    destroy: () => {
      for (const client of [s3, sfn, lambda, logs]) client.destroy();
    },
  };
}
