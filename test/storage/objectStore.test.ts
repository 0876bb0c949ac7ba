import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  InvalidObjectError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StorageError,
} from '../../storage/errors.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const pointSchema = z.object({ x: z.number(), y: z.number() });

describe('ObjectStore', () => {
  it('reads back the JSON that it wrote', async () => {
    const store = s3.store();
    await store.putJson(s3.bucket, 'json/point.json', { x: 1, y: 2 });
    expect(await store.getJson(s3.bucket, 'json/point.json', pointSchema)).toEqual({ x: 1, y: 2 });
    expect((await store.findJson(s3.bucket, 'json/point.json', pointSchema))?.value).toEqual({ x: 1, y: 2 });
  });

  it('names the object that is missing', async () => {
    const store = s3.store();
    const missing = store.getJson(s3.bucket, 'json/nowhere.json', pointSchema);
    await expect(missing).rejects.toThrow(ObjectNotFoundError);
    await expect(missing).rejects.toThrow(`s3://${s3.bucket}/json/nowhere.json does not exist`);
    expect(await store.findJson(s3.bucket, 'json/nowhere.json', pointSchema)).toBeUndefined();
    expect(await store.head(s3.bucket, 'json/nowhere.json')).toBeUndefined();
  });

  it('lists every fault of an object that has the wrong shape', async () => {
    const store = s3.store();
    await store.put(s3.bucket, 'json/wrong.json', '{"x":"one"}');
    const read = store.getJson(s3.bucket, 'json/wrong.json', pointSchema);
    await expect(read).rejects.toThrow(InvalidObjectError);
    await expect(read).rejects.toThrow(/x[\s\S]*y/);
    await store.put(s3.bucket, 'json/broken.json', '{');
    await expect(store.getJson(s3.bucket, 'json/broken.json', pointSchema)).rejects.toThrow('not JSON');
  });

  it('lets exactly one of many concurrent first writers win', async () => {
    const writes = Array.from({ length: 8 }, (_, writer) =>
      s3.store().putJson(s3.bucket, 'race.json', { x: writer, y: 0 }, { condition: { absent: true } }),
    );
    const results = await Promise.allSettled(writes);
    const lost = results.filter(
      (result) => result.status === 'rejected' && result.reason instanceof PreconditionFailedError,
    );
    expect(lost).toHaveLength(7);
  });

  it('replaces only the version that it was told to', async () => {
    const store = s3.store();
    await store.putJson(s3.bucket, 'cas.json', { x: 1, y: 1 });
    const first = await store.findJson(s3.bucket, 'cas.json', pointSchema);
    await store.putJson(s3.bucket, 'cas.json', { x: 2, y: 2 }, { condition: { etag: first?.etag ?? '' } });
    await expect(
      store.putJson(s3.bucket, 'cas.json', { x: 3, y: 3 }, { condition: { etag: first?.etag ?? '' } }),
    ).rejects.toThrow(PreconditionFailedError);
  });

  it('lists past the 1,000 keys of a page', async () => {
    const store = s3.store();
    const names = Array.from({ length: 1100 }, (_, index) => `many/${index}`);
    for (let start = 0; start < names.length; start += 50) {
      await Promise.all(names.slice(start, start + 50).map((name) => store.put(s3.bucket, name, 'x')));
    }
    const found: string[] = [];
    for await (const { key } of store.list(s3.bucket, 'many/')) found.push(key);
    expect(found.sort()).toEqual(names.sort());
    expect(store.calls.counts.list).toBe(2);
  });

  it('downloads into folders that it makes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-download-'));
    const store = s3.store();
    await store.put(s3.bucket, 'file.bin', Uint8Array.of(1, 2, 3));
    await store.download(s3.bucket, 'file.bin', join(folder, 'a', 'b', 'file.bin'));
    expect([...(await readFile(join(folder, 'a', 'b', 'file.bin')))]).toEqual([1, 2, 3]);
    await rm(folder, { recursive: true });
  });

  it('counts calls, bytes and times', async () => {
    const store = s3.store();
    await store.put(s3.bucket, 'counted', 'twelve bytes');
    await store.getBytes(s3.bucket, 'counted');
    await store.head(s3.bucket, 'counted');
    expect(store.calls.counts).toEqual({ get: 1, put: 1, list: 0, head: 1, delete: 0 });
    expect(store.calls).toMatchObject({ bytesRead: 12, bytesWritten: 12 });
    const { requests, totalS, averageS, minS, maxS, firstRequestS, lastResponseS } = store.calls.statistics();
    expect(requests).toBe(3);
    expect(averageS).toBeCloseTo(totalS / 3, 12);
    expect(minS).toBeLessThanOrEqual(maxS);
    expect(lastResponseS).toBeGreaterThanOrEqual(firstRequestS ?? Number.POSITIVE_INFINITY);
  });

  it.each([
    ['AccessDenied', 403, false, 'Allow the role of the function s3:PutObject'],
    ['Forbidden', 403, false, 'Allow the role'],
    ['ExpiredToken', 403, true, 'ExpiredToken'],
    ['KeyTooLongError', 400, false, 'KeyTooLongError'],
    ['PermanentRedirect', 301, false, 'PermanentRedirect'],
    ['SlowDown', 503, true, 'SlowDown'],
    ['InternalError', 500, true, 'InternalError'],
  ])('knows whether %s passes, and says what to do', async (name, httpStatusCode, retryable, message) => {
    const client = mockClient(S3Client);
    const refusal = new S3ServiceException({ name, message: 'no', $fault: 'client', $metadata: { httpStatusCode } });
    client.on(PutObjectCommand).rejects(refusal);
    const thrown = await new ObjectStore(new S3Client({})).put('b', 'k', '').catch((error: unknown) => error);
    client.restore();
    expect(thrown).toBeInstanceOf(StorageError);
    expect(thrown).toMatchObject({ retryable, message: expect.stringContaining(message) });
  });
});
