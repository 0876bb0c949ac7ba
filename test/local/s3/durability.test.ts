import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createS3Service } from '../../../local/s3/service.js';
import { ChildS3 } from './childS3.js';
import { credentials, type RunningS3, startS3 } from './harness.js';

const Bucket = 'durable';
const large = randomBytes(20_000_000);
let s3: RunningS3;
let errors: Error[];

beforeEach(async () => {
  errors = [];
  s3 = await startS3({ logger: { debug: () => undefined, error: (_, error) => errors.push(error) } });
  await s3.client.send(new CreateBucketCommand({ Bucket }));
});
afterEach(() => s3.stop());

const put = (Key: string, Body: string | Buffer) => s3.client.send(new PutObjectCommand({ Bucket, Key, Body }));
const read = async (Key: string, client: S3Client = s3.client) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const blobs = (directory = s3.directory) => readdir(join(directory, 'blobs'));

/** Sends half of an object and waits until some of it lies on disk. */
async function putHalf(client: S3Client, directory: string, Key: string): Promise<ClientRequest> {
  const before = (await blobs(directory)).length;
  const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key }));
  const upload = request(url, { method: 'PUT', headers: { 'content-length': large.length } });
  upload.on('error', () => undefined);
  upload.write(large.subarray(0, large.length / 2));
  await vi.waitFor(async () => expect(await blobs(directory)).toHaveLength(before + 1));
  return upload;
}

describe('a client that goes away', () => {
  it('in the middle of a PUT leaves nothing behind', async () => {
    await put('key', 'before');
    const upload = await putHalf(s3.client, s3.directory, 'key');
    upload.destroy();
    await vi.waitFor(async () => expect(await blobs()).toHaveLength(1));
    expect((await read('key')).toString()).toBe('before');
    expect(errors).toEqual([]);
  });

  it('in the middle of a GET is no fault', async () => {
    await put('large', large);
    for (let time = 0; time < 3; time++) {
      const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'large' }));
      if (!(Body instanceof Readable)) throw new Error('no stream');
      await once(Body, 'readable');
      Body.destroy();
    }
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'large' }));
    await vi.waitFor(async () => expect(await blobs()).toEqual([]));
    expect(errors).toEqual([]);
  });
});

describe('a reader', () => {
  it.each(['overwritten', 'deleted'])('gets the whole of what it began to read, when that is %s', async (change) => {
    await put('read', large);
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'read' }));
    if (change === 'deleted') await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'read' }));
    else await put('read', 'other');
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(large)).toBe(true);
    await vi.waitFor(async () => expect(await blobs()).toHaveLength(change === 'deleted' ? 0 : 1));
  });

  it('gets one version, whole, while many writers replace it', async () => {
    const versions = Array.from({ length: 12 }, (_, at) => Buffer.alloc(300_000 + at, at));
    await put('contested', versions[0]);
    const writes = versions.map((version) => put('contested', version));
    const reads = await Promise.all(Array.from({ length: 30 }, () => read('contested')));
    await Promise.all(writes);
    for (const got of reads) expect(got.equals(versions[got[0]])).toBe(true);
    await vi.waitFor(async () => expect(await blobs()).toHaveLength(1));
  });
});

describe('a start', () => {
  it('after a kill in the middle of a PUT finds what was whole, and nothing else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 's3-killed-'));
    const child = await ChildS3.start(directory);
    await child.client.send(new CreateBucketCommand({ Bucket }));
    await child.client.send(new PutObjectCommand({ Bucket, Key: 'whole', Body: 'before' }));
    await putHalf(child.client, directory, 'whole');
    await putHalf(child.client, directory, 'new');
    await child.kill();
    expect(await blobs(directory)).toHaveLength(3);

    const next = await ChildS3.start(directory);
    expect((await read('whole', next.client)).toString()).toBe('before');
    await expect(read('new', next.client)).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await blobs(directory)).toHaveLength(1);
    await next.kill();
    await rm(directory, { recursive: true });
  });

  it('removes what belongs to nothing', async () => {
    await put('kept', 'x');
    await writeFile(join(s3.directory, 'blobs', '0'.repeat(32)), 'left behind');
    await writeFile(join(s3.directory, 'temporary', 'left'), 'behind');
    await s3.restart();
    expect(await blobs()).toHaveLength(1);
    expect(await readdir(join(s3.directory, 'temporary'))).toEqual([]);
    expect((await read('kept')).toString()).toBe('x');
  });

  it('forgets an upload that a crash kept from being removed after it was completed', async () => {
    const upload = { Bucket, Key: 'completed' };
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(upload));
    const command = new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' });
    const { ETag } = await s3.client.send(command);
    const record = join(s3.directory, 'buckets', Bucket, 'uploads', UploadId ?? '');
    await cp(record, `${s3.directory}-record`, { recursive: true });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
    await rename(`${s3.directory}-record`, record);

    await s3.restart();

    const { Uploads } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads).toBeUndefined();
    expect((await read('completed')).toString()).toBe('part');
    await s3.restart();
    expect((await read('completed')).toString()).toBe('part');
  });

  it('over damaged files says which, all of them', async () => {
    await put('one', '1');
    const [blob] = await blobs();
    const [intact] = await readdir(join(s3.directory, 'buckets', Bucket, 'objects'));
    await put('two', '2');
    const manifests = await readdir(join(s3.directory, 'buckets', Bucket, 'objects'));
    const broken = manifests.find((name) => name !== intact) ?? '';
    const copy = `${s3.directory}-copy`;
    await cp(s3.directory, copy, { recursive: true });
    await unlink(join(copy, 'blobs', blob));
    await truncate(join(copy, 'buckets', Bucket, 'objects', broken), 10);

    const { ready } = createS3Service({ directory: copy, region: 'us-east-1', credentials });

    const error: unknown = await ready.catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'S3_STORE_DAMAGED' });
    expect(String(error)).toContain(`object one of bucket ${Bucket} lacks its bytes, blobs/${blob}`);
    expect(String(error)).toContain(`${broken} cannot be read`);
    await rm(copy, { recursive: true });
  });
});

it('answers InternalError, keeps nothing and tells its log when the disk fails', async () => {
  await put('key', 'before');
  await rename(join(s3.directory, 'blobs'), join(s3.directory, 'moved'));
  await expect(put('key', 'after')).rejects.toMatchObject({
    name: 'InternalError',
    $metadata: { httpStatusCode: 500 },
  });
  await expect(read('key')).rejects.toMatchObject({ name: 'InternalError' });
  await rename(join(s3.directory, 'moved'), join(s3.directory, 'blobs'));
  expect((await read('key')).toString()).toBe('before');
  expect(errors.map((error) => 'code' in error && error.code)).toEqual(['ENOENT', 'ENOENT']);
});
