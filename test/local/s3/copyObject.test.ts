import { createHash, randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

const Bucket = 'copies';
const bytes = randomBytes(300_000);
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  for (const name of [Bucket, 'elsewhere']) await s3.client.send(new CreateBucketCommand({ Bucket: name }));
});
afterAll(() => s3.stop());
beforeEach(async () => {
  await s3.client.send(
    new PutObjectCommand({
      Bucket,
      Key: 'source é+%',
      Body: bytes,
      ContentType: 'a/source',
      Metadata: { of: 'source' },
      Tagging: 'of=source',
    }),
  );
});

const CopySource = encodeURI(`${Bucket}/source é+%`).replaceAll('+', '%2B');
const copy = (Key: string, input: Partial<CopyObjectCommandInput> = {}) =>
  s3.client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...input }));

async function inspect(Key: string, bucket = Bucket) {
  const object = await s3.client.send(new GetObjectCommand({ Bucket: bucket, Key }));
  const tagging = await s3.client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }));
  const body = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  return { ...object, body, tags: Object.fromEntries((tagging.TagSet ?? []).map((tag) => [tag.Key, tag.Value])) };
}

describe('CopyObject', () => {
  it('copies bytes, description, tags and checksum, into another bucket too', async () => {
    const source = await inspect('source é+%');
    const { CopyObjectResult } = await copy('target', { Bucket: 'elsewhere' });
    const target = await inspect('target', 'elsewhere');

    expect(target.body.equals(bytes)).toBe(true);
    expect(target).toMatchObject({ ContentType: 'a/source', Metadata: { of: 'source' }, tags: { of: 'source' } });
    expect([target.ETag, target.ChecksumCRC32]).toEqual([source.ETag, source.ChecksumCRC32]);
    expect(CopyObjectResult).toMatchObject({ ETag: source.ETag, ChecksumCRC32: source.ChecksumCRC32 });
  });

  it('finds a source that is not encoded', async () => {
    await copy('plain', { CopySource: `${Bucket}/source é+%25` });
    expect((await inspect('plain')).body.equals(bytes)).toBe(true);
  });

  it('makes a copy that outlives its source', async () => {
    await copy('independent');
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'source é+%', Body: 'other' }));
    await s3.restart();
    expect((await inspect('independent')).body.equals(bytes)).toBe(true);
  });

  it('replaces description and tags where it is told to', async () => {
    await copy('described', { MetadataDirective: 'REPLACE', ContentType: 'a/new', Metadata: { of: 'new' } });
    expect(await inspect('described')).toMatchObject({
      ContentType: 'a/new',
      Metadata: { of: 'new' },
      tags: { of: 'source' },
    });
    await copy('tagged', { TaggingDirective: 'REPLACE', Tagging: 'of=new' });
    expect(await inspect('tagged')).toMatchObject({ ContentType: 'a/source', tags: { of: 'new' } });
  });

  it('copies an object onto itself only to describe it otherwise', async () => {
    await expect(copy('source é+%')).rejects.toMatchObject({ name: 'InvalidRequest' });
    await copy('source é+%', { MetadataDirective: 'REPLACE', Metadata: { of: 'itself' } });
    const object = await inspect('source é+%');
    expect(object.Metadata).toEqual({ of: 'itself' });
    expect(object.body.equals(bytes)).toBe(true);
  });

  it('computes the checksum that is asked for', async () => {
    await copy('summed', { ChecksumAlgorithm: 'SHA256' });
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'summed', ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumSHA256).toBe(createHash('sha256').update(bytes).digest('base64'));
    expect(head.ChecksumCRC32).toBeUndefined();
  });

  it('makes one part of many, with the digests of one', async () => {
    const { UploadId } = await s3.client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'parts', ChecksumAlgorithm: 'SHA1' }),
    );
    const command = { Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: bytes };
    const part = await s3.client.send(new UploadPartCommand({ ...command, ChecksumAlgorithm: 'SHA1' }));
    const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumSHA1: part.ChecksumSHA1 }];
    await s3.client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload: { Parts } }),
    );
    await copy('one', { CopySource: `/${Bucket}/parts` });
    const { ETag, ChecksumSHA1, ChecksumType } = await s3.client.send(
      new HeadObjectCommand({ Bucket, Key: 'one', ChecksumMode: 'ENABLED' }),
    );
    expect(ETag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
    expect([ChecksumSHA1, ChecksumType]).toEqual([createHash('sha1').update(bytes).digest('base64'), 'FULL_OBJECT']);
  });

  it('copies an empty object', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
    await copy('empty copy', { CopySource: `${Bucket}/empty`, ChecksumAlgorithm: 'CRC64NVME' });
    expect((await inspect('empty copy')).body.length).toBe(0);
  });

  it('goes by the conditions on its source and on its target', async () => {
    const { ETag = '' } = await inspect('source é+%');
    const before = new Date('2000-01-01');
    const after = new Date('2099-01-01');
    const failing: Partial<CopyObjectCommandInput>[] = [
      { CopySourceIfMatch: '"other"' },
      { CopySourceIfNoneMatch: ETag },
      { CopySourceIfUnmodifiedSince: before },
      { CopySourceIfModifiedSince: after },
      { CopySourceIfNoneMatch: ETag, CopySourceIfModifiedSince: before },
      { IfMatch: ETag, IfNoneMatch: '*' },
    ];
    await copy('present');
    for (const conditions of failing) {
      await expect(copy('present', { ...conditions, Metadata: {} })).rejects.toMatchObject({
        name: 'PreconditionFailed',
        $metadata: { httpStatusCode: 412 },
      });
    }
    const holding: Partial<CopyObjectCommandInput>[] = [
      { CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: before },
      { CopySourceIfNoneMatch: '"other"' },
      { CopySourceIfModifiedSince: before },
      { IfMatch: ETag },
    ];
    for (const conditions of holding) await copy('present', conditions);
  });

  it.each([
    ['NoSuchKey', { CopySource: `${Bucket}/none` }],
    ['NoSuchBucket', { CopySource: 'no-such-bucket/key' }],
    ['InvalidArgument', { CopySource: Bucket }],
    ['NotImplemented', { CopySource: `${Bucket}/source?versionId=1` }],
    ['InvalidArgument', { MetadataDirective: 'MERGE' as never }],
  ])('answers %s to %o', async (name, input) => {
    await expect(copy('refused', input)).rejects.toMatchObject({ name });
    await expect(inspect('refused')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
