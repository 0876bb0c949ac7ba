import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createS3Service } from '../../local/s3/service.js';

/** An S3 for the ranks of a benchmark. */
export interface BenchObjects {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly bucket: string;
}

/** Starts the embedded S3 with one bucket on 127.0.0.1; its data is removed when it closes. */
export async function startBenchObjects(): Promise<BenchObjects & { close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const region = 'us-east-1';
  const bucket = 'bench';
  const credentials = { accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: randomBytes(30).toString('base64url') };
  const service = createS3Service({ directory, region, credentials });
  await service.ready;
  const server = createServer((request, response) => void service.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('an HTTP server has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await service.close();
    await rm(directory, { recursive: true, force: true });
  };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    await close();
    throw error;
  } finally {
    client.destroy();
  }
  return { endpoint, region, credentials, bucket, close };
}
