import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createS3Service } from '../local/s3/service.js';
import { ObjectStore } from '../storage/objectStore.js';

const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'test-secret' };

/** An S3 for one test file, with one bucket. */
export interface EmbeddedS3 {
  readonly endpoint: string;
  readonly bucket: string;
  readonly client: S3Client;
  /** What the environment of an executor says of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A store with a call log of its own. */
  store(): ObjectStore;
  close(): Promise<void>;
}

/** @param admitted resolves when a request may be answered. */
export async function startEmbeddedS3(
  bucket = 'test-bucket',
  admitted: (request: IncomingMessage) => Promise<void> | undefined = () => undefined,
): Promise<EmbeddedS3> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-s3-'));
  const service = createS3Service({ directory, region, credentials });
  await service.ready;
  const server = createServer(async (request, response) => {
    await admitted(request);
    await service.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({ endpoint, region, credentials, maxAttempts: 1 });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    endpoint,
    bucket,
    client,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    store: () => new ObjectStore(client),
    close: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
