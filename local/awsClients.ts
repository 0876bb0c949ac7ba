import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
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
  #lambda?: LambdaClient;
  #s3?: S3Client;

  constructor(access: CloudAccess) {
    this.#access = access;
  }

  get lambda(): LambdaClient {
    this.#lambda ??= new LambdaClient(this.#settings());
    return this.#lambda;
  }

  get s3(): S3Client {
    this.#s3 ??= new S3Client({ ...this.#settings(), forcePathStyle: true });
    return this.#s3;
  }

  close(): void {
    this.#lambda?.destroy();
    this.#s3?.destroy();
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
