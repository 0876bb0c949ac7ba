import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Credentials } from './sigv4.js';

/** Where the embedded cloud listens, and who calls it. */
export interface CloudAccess {
  region: string;
  endpoint: () => string;
  credentials: Credentials;
}

/** The AWS clients that parts of the embedded cloud use to talk to each other. They are made at the first call, when the endpoint is known. */
export class AwsClients {
  readonly #access: CloudAccess;
  #ec2?: EC2Client;
  #lambda?: LambdaClient;
  #logs?: CloudWatchLogsClient;
  #s3?: S3Client;
  #ssm?: SSMClient;
  #states?: SFNClient;

  constructor(access: CloudAccess) {
    this.#access = access;
  }

  get ec2(): EC2Client {
    this.#ec2 ??= new EC2Client(this.#settings());
    return this.#ec2;
  }

  get lambda(): LambdaClient {
    this.#lambda ??= new LambdaClient(this.#settings());
    return this.#lambda;
  }

  get logs(): CloudWatchLogsClient {
    this.#logs ??= new CloudWatchLogsClient(this.#settings());
    return this.#logs;
  }

  get s3(): S3Client {
    this.#s3 ??= new S3Client({ ...this.#settings(), forcePathStyle: true });
    return this.#s3;
  }

  get ssm(): SSMClient {
    this.#ssm ??= new SSMClient(this.#settings());
    return this.#ssm;
  }

  get states(): SFNClient {
    this.#states ??= new SFNClient(this.#settings());
    return this.#states;
  }

  close(): void {
    for (const client of [this.#ec2, this.#lambda, this.#logs, this.#s3, this.#ssm, this.#states]) client?.destroy();
  }

  /**
   * One attempt a call: retries are for the caller to decide, such as a state machine. No limit on sockets or time: a function may run 900 s.
   * A connection serves one call, because one that waited for the next could be closed under it by the other side.
   */
  #settings() {
    const { region, endpoint, credentials } = this.#access;
    return {
      region,
      endpoint: endpoint(),
      credentials,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({
        httpAgent: { keepAlive: false, maxSockets: Number.POSITIVE_INFINITY },
        httpsAgent: { keepAlive: false, maxSockets: Number.POSITIVE_INFINITY },
        connectionTimeout: 10_000,
        requestTimeout: 0,
      }),
    };
  }
}
