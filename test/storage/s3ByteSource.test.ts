import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectReplacedError, ShortReadError } from '../../storage/errors.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { S3ByteSource } from '../../storage/s3ByteSource.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const content = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

async function upload(key: string, bytes: Uint8Array) {
  const store = s3.store();
  await store.put(s3.bucket, key, bytes);
  const object = await store.head(s3.bucket, key);
  if (!object) throw new Error('the upload is not there');
  return { store, object, source: new S3ByteSource(store, s3.bucket, object) };
}

describe('S3ByteSource', () => {
  it('fills the memory it is given with exactly the range', async () => {
    const bytes = content(5000);
    const { source } = await upload('range.bin', bytes);
    const into = new Uint8Array(new SharedArrayBuffer(1200), 100, 1000);
    await source.read(1234, into);
    expect([...into]).toEqual([...bytes.subarray(1234, 2234)]);
  });

  it('splits a long read into parallel ranges', async () => {
    const bytes = content(20 * 1024 * 1024);
    const { source, store } = await upload('long.bin', bytes);
    const into = new Uint8Array(bytes.length);
    await source.read(0, into);
    expect(Buffer.compare(into, bytes)).toBe(0);
    expect(store.calls.counts.get).toBe(3);
    expect(store.calls.bytesRead).toBe(bytes.length);
  });

  it('refuses to read past the end', async () => {
    const { source } = await upload('short.bin', content(10));
    await expect(source.read(5, new Uint8Array(6))).rejects.toThrow(ShortReadError);
  });

  it('notices that the object was replaced', async () => {
    const { source, store } = await upload('replaced.bin', content(10));
    await store.put(s3.bucket, 'replaced.bin', content(11));
    await expect(source.read(0, new Uint8Array(10))).rejects.toThrow(ObjectReplacedError);
  });

  it('asks again when a body breaks off, and gives up when it always does', async () => {
    const breaks = { left: 2 };
    const broken = await startBreakingServer(content(1000), breaks);
    const source = new S3ByteSource(broken.store, 'bucket', { key: 'key', size: 1000, etag: '"etag"' });
    const into = new Uint8Array(1000);
    await source.read(0, into);
    expect(Buffer.compare(into, content(1000))).toBe(0);

    breaks.left = 2;
    expect(await broken.store.getBytes('bucket', 'key')).toEqual(new Uint8Array(content(1000)));

    breaks.left = Number.POSITIVE_INFINITY;
    await expect(source.read(0, into)).rejects.toThrow();
    await broken.close();
  });

  it('stops when it is told to', async () => {
    const { source } = await upload('aborted.bin', content(100));
    const reason = new Error('enough');
    await expect(source.read(0, new Uint8Array(100), AbortSignal.abort(reason))).rejects.toThrow();
  });
});

/** Sends half of each body and drops the connection, as long as `breaks.left` lasts. */
async function startBreakingServer(bytes: Uint8Array, breaks: { left: number }) {
  const send = (response: ServerResponse) => {
    response.writeHead(206, { 'content-length': bytes.length, etag: '"etag"' });
    if (breaks.left-- <= 0) return response.end(bytes);
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  };
  const server = createServer((_request, response) => void send(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  return {
    store: new ObjectStore(client),
    close: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
