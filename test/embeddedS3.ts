import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createS3Service } from '../local/s3/service.js';
import { ObjectStore } from '../storage/objectStore.js';

const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'test-secret' };

/** An S3 for one test file, with one bucket. */
export interface EmbeddedS3 {
  readonly endpoint: string;
  readonly bucket: string;
  readonly client: S3Client;
  /** A store with a call log of its own. */
  store(): ObjectStore;
  close(): Promise<void>;
}

export async function startEmbeddedS3(bucket = 'test-bucket'): Promise<EmbeddedS3> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-s3-'));
  const service = createS3Service({ directory, region: 'us-east-1', credentials });
  await service.ready;
  const server = createServer((request, response) => void service.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    endpoint,
    bucket,
    client,
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
