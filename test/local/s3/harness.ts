import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createS3Service, type S3ServiceOptions } from '../../../local/s3/service.js';

export const credentials = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local/secret+key' };

export interface RunningS3 {
  endpoint: string;
  directory: string;
  client: S3Client;
  newClient(config?: S3ClientConfig): S3Client;
  /** Stops the server and starts another over the same directory, as after a crash. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The embedded S3 behind a server of its own, over a directory that goes with it. */
export async function startS3(options: Partial<S3ServiceOptions> = {}): Promise<RunningS3> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 's3-')));
  let handle: RequestListener = () => undefined;
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const newClient = (config: S3ClientConfig = {}) =>
    new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 1, ...config });
  const open = async () => {
    const service = createS3Service({ directory, region: 'us-east-1', credentials, ...options });
    await service.ready;
    handle = (request, response) => void service.handle(request, response);
    return service;
  };
  let service = await open();
  const client = newClient();
  return {
    endpoint,
    directory,
    client,
    newClient,
    restart: async () => {
      await service.close();
      service = await open();
    },
    stop: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.close();
      await rm(directory, { recursive: true });
    },
  };
}
