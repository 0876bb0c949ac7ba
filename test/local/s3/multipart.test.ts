import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type ChecksumType,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDigest } from '../../../local/s3/checksum.js';
import { type RunningS3, startS3 } from './harness.js';

const minPart = 5 * 1024 * 1024;
const parts = [randomBytes(minPart), randomBytes(minPart + 3), randomBytes(10)];
const whole = Buffer.concat(parts);
let s3: RunningS3;
let Bucket = '';
let buckets = 0;

beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  buckets += 1;
  Bucket = `multipart-${buckets}`;
  await s3.client.send(new CreateBucketCommand({ Bucket }));
});

async function begin(Key: string, input: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  return UploadId ?? '';
}

async function upload(
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Buffer | string,
  algorithm?: ChecksumAlgorithm,
): Promise<CompletedPart> {
  const { $metadata: _, ...part } = await s3.client.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: algorithm }),
  );
  return { PartNumber, ...part };
}

const complete = (Key: string, UploadId: string, Parts: CompletedPart[], input = {}) =>
  s3.client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...input }));

async function read(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const countBlobs = async () => (await readdir(join(s3.directory, 'blobs'))).length;

describe('an upload', () => {
  it('becomes an object of its parts, in the order of their numbers', async () => {
    const UploadId = await begin('object', { ContentType: 'a/b', Metadata: { m: '1' }, Tagging: 't=1' });
    const [third, first] = [
      await upload('object', UploadId, 9, parts[2]),
      await upload('object', UploadId, 2, parts[0]),
    ];
    const second = await upload('object', UploadId, 5, parts[1]);
    const { ETag, Location } = await complete('object', UploadId, [first, second, third]);

    const md5 = (data: Buffer) => createHash('md5').update(data).digest();
    expect(ETag).toBe(`"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-3"`);
    expect(Location).toBe(`${s3.endpoint}/${Bucket}/object`);
    expect((await read('object')).equals(whole)).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'object' }));
    expect(head).toMatchObject({ ContentType: 'a/b', Metadata: { m: '1' }, ContentLength: whole.length, ETag });
    expect(await s3.client.send(new ListMultipartUploadsCommand({ Bucket }))).not.toHaveProperty('Uploads');
  });

  it.each([
    [0, 9],
    [minPart - 5, minPart + 4],
    [minPart, 2 * minPart + 2],
    [minPart - 1, whole.length - 1],
    [2 * minPart + 3, whole.length - 1],
  ])('answers ranges across its parts: %d-%d', async (first, last) => {
    const UploadId = await begin('ranged');
    const list = [];
    for (const [at, part] of parts.entries()) list.push(await upload('ranged', UploadId, at + 1, part));
    await complete('ranged', UploadId, list);
    expect((await read('ranged', `bytes=${first}-${last}`)).equals(whole.subarray(first, last + 1))).toBe(true);
  });

  it('keeps the last of two parts of one number, and drops what is not listed', async () => {
    const before = await countBlobs();
    const UploadId = await begin('replaced');
    await upload('replaced', UploadId, 1, 'old');
    const part = await upload('replaced', UploadId, 1, 'new');
    await upload('replaced', UploadId, 2, 'not listed');
    await complete('replaced', UploadId, [part]);

    expect((await read('replaced')).toString()).toBe('new');
    await s3.restart();
    expect(await countBlobs()).toBe(before + 1);
    expect((await read('replaced')).toString()).toBe('new');
  });

  it('answers the same again to a client that lost the answer', async () => {
    const UploadId = await begin('again');
    const part = await upload('again', UploadId, 1, 'x');
    const first = await complete('again', UploadId, [part]);
    expect((await complete('again', UploadId, [part])).ETag).toBe(first.ETag);
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'again' }));
    await expect(complete('again', UploadId, [part])).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it('leaves nothing when it is aborted', async () => {
    const before = await countBlobs();
    const UploadId = await begin('aborted');
    const part = await upload('aborted', UploadId, 1, parts[2]);
    await s3.client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId }));

    await expect(upload('aborted', UploadId, 2, 'x')).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(complete('aborted', UploadId, [part])).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(read('aborted')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await s3.restart();
    expect(await countBlobs()).toBe(before);
  });

  it('goes on after a restart', async () => {
    const UploadId = await begin('restarted', { ChecksumAlgorithm: 'CRC32C' });
    const first = await upload('restarted', UploadId, 1, parts[0], 'CRC32C');
    await s3.restart();
    const second = await upload('restarted', UploadId, 2, parts[1], 'CRC32C');
    await complete('restarted', UploadId, [first, second]);
    await s3.restart();
    expect((await read('restarted')).equals(Buffer.concat(parts.slice(0, 2)))).toBe(true);
  });

  it('is made conditional on the object that is there', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'there', Body: 'old' }));
    const UploadId = await begin('there');
    const part = await upload('there', UploadId, 1, 'new');
    await expect(complete('there', UploadId, [part], { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect((await read('there')).toString()).toBe('old');
    const { ETag } = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'there' }));
    await complete('there', UploadId, [part], { IfMatch: ETag });
    expect((await read('there')).toString()).toBe('new');
  });

  it('is what the Upload of lib-storage does', async () => {
    const Body = Readable.from([whole.subarray(0, 7_000_000), whole.subarray(7_000_000)]);
    await new Upload({ client: s3.client, params: { Bucket, Key: 'stream', Body } }).done();
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
    expect(head.ETag).toMatch(/-\d+"$/);
    expect((await read('stream')).equals(whole)).toBe(true);
  });
});

describe('a list of parts', () => {
  it('is validated, and a refusal leaves the upload as it was', async () => {
    const UploadId = await begin('validated');
    const small = await upload('validated', UploadId, 1, 'small');
    const large = await upload('validated', UploadId, 2, parts[0]);
    const refusals: [CompletedPart[], string][] = [
      [[large, small], 'InvalidPartOrder'],
      [[small, small], 'InvalidPartOrder'],
      [[small, large], 'EntityTooSmall'],
      [[{ ...large, ETag: small.ETag }], 'InvalidPart'],
      [[{ ...large, PartNumber: 3 }], 'InvalidPart'],
      [[{ ...large, ChecksumCRC32: 'AAAAAA==' }], 'InvalidPart'],
      [[], 'MalformedXML'],
    ];
    for (const [list, name] of refusals)
      await expect(complete('validated', UploadId, list)).rejects.toMatchObject({ name });
    await expect(complete('other-key', UploadId, [large])).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await complete('validated', UploadId, [large]);
    expect((await read('validated')).equals(parts[0])).toBe(true);
  });

  it('may be compared with the size of the whole', async () => {
    const UploadId = await begin('sized');
    const part = await upload('sized', UploadId, 1, 'four');
    await expect(complete('sized', UploadId, [part], { MpuObjectSize: 5 })).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
    await complete('sized', UploadId, [part], { MpuObjectSize: 4 });
  });

  it.each([0, 10_001])('cannot hold a part %d', async (PartNumber) => {
    const UploadId = await begin('numbered');
    await expect(upload('numbered', UploadId, PartNumber, 'x')).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('checksums', () => {
  const pair = [parts[0], parts[2]];
  const digestOf = async (algorithm: ChecksumAlgorithm & keyof typeof ChecksumAlgorithm, data: Buffer) => {
    if (
      algorithm !== 'CRC32' &&
      algorithm !== 'CRC32C' &&
      algorithm !== 'CRC64NVME' &&
      algorithm !== 'SHA1' &&
      algorithm !== 'SHA256'
    )
      throw new Error(`no digest of ${algorithm}`);
    const digest = createDigest(algorithm);
    digest.update(data);
    return digest.digest();
  };

  it.each([
    ['CRC32', 'COMPOSITE'],
    ['CRC32C', 'COMPOSITE'],
    ['SHA1', 'COMPOSITE'],
    ['SHA256', 'COMPOSITE'],
    ['CRC32', 'FULL_OBJECT'],
    ['CRC32C', 'FULL_OBJECT'],
    ['CRC64NVME', 'FULL_OBJECT'],
  ] as const)('of %s are kept as %s', async (algorithm, type) => {
    const Key = `${algorithm}-${type}`;
    const UploadId = await begin(Key, { ChecksumAlgorithm: algorithm, ChecksumType: type satisfies ChecksumType });
    const list = [];
    for (const [at, part] of pair.entries()) {
      const { $metadata: _, ...sent } = await s3.client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body: part, ChecksumAlgorithm: algorithm }),
      );
      list.push({ PartNumber: at + 1, ...sent });
    }
    const completed = await complete(Key, UploadId, list);
    const partDigests = await Promise.all(pair.map((part) => digestOf(algorithm, part)));
    const expected =
      type === 'FULL_OBJECT'
        ? (await digestOf(algorithm, Buffer.concat(pair))).toString('base64')
        : `${(await digestOf(algorithm, Buffer.concat(partDigests))).toString('base64')}-2`;

    const member = `Checksum${algorithm}` as const;
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect([completed[member], completed.ChecksumType]).toEqual([expected, type]);
    expect([head[member], head.ChecksumType]).toEqual([expected, type]);
    expect((await read(Key)).equals(Buffer.concat(pair))).toBe(true);
    const attributes = await s3.client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: ['Checksum', 'ObjectParts', 'ETag', 'ObjectSize', 'StorageClass'],
        MaxParts: 1,
      }),
    );
    expect(attributes).toMatchObject({
      ETag: completed.ETag?.replaceAll('"', ''),
      ObjectSize: minPart + 10,
      StorageClass: 'STANDARD',
      Checksum: { [member]: expected.replace(/-2$/, ''), ChecksumType: type },
      ObjectParts: { TotalPartsCount: 2, IsTruncated: true, MaxParts: 1, NextPartNumberMarker: '1' },
    });
    expect(attributes.ObjectParts?.Parts).toEqual(
      partDigests.slice(0, 1).map((digest, at) => {
        return { PartNumber: at + 1, Size: pair[at].length, [member]: digest.toString('base64') };
      }),
    );
  });

  it('of the whole are compared with what the client expects', async () => {
    const UploadId = await begin('expected', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const part = await upload('expected', UploadId, 1, 'abc');
    const crc = (await digestOf('CRC32', Buffer.from('abc'))).toString('base64');
    const wrong = complete('expected', UploadId, [part], { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' });
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
    const mode = complete('expected', UploadId, [part], { ChecksumType: 'COMPOSITE' });
    await expect(mode).rejects.toMatchObject({ name: 'InvalidRequest' });
    await complete('expected', UploadId, [part], { ChecksumCRC32: crc, ChecksumType: 'FULL_OBJECT' });
  });

  it('must be of the algorithm that the upload was begun with', async () => {
    const UploadId = await begin('mixed', { ChecksumAlgorithm: 'SHA256' });
    const mixed = new UploadPartCommand({
      Bucket,
      Key: 'mixed',
      UploadId,
      PartNumber: 1,
      Body: 'x',
      ChecksumAlgorithm: 'SHA1',
    });
    await expect(s3.client.send(mixed)).rejects.toMatchObject({ name: 'InvalidRequest' });
  });

  it('must be listed for every part when they are composite', async () => {
    const UploadId = await begin('unlisted', { ChecksumAlgorithm: 'SHA256' });
    const { ETag } = await s3.client.send(
      new UploadPartCommand({
        Bucket,
        Key: 'unlisted',
        UploadId,
        PartNumber: 1,
        Body: 'x',
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    await expect(complete('unlisted', UploadId, [{ PartNumber: 1, ETag }])).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
  });

  it.each([
    ['CRC64NVME', 'COMPOSITE'],
    ['SHA256', 'FULL_OBJECT'],
  ] as const)('of %s cannot be %s', async (algorithm, type) => {
    await expect(begin('impossible', { ChecksumAlgorithm: algorithm, ChecksumType: type })).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
  });
});

describe('UploadPartCopy', () => {
  it('copies a range of an object into a part', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'source', Body: whole }));
    const UploadId = await begin('copied', { ChecksumAlgorithm: 'SHA256' });
    const copy = async (PartNumber: number, CopySourceRange?: string) => {
      const command = { Bucket, Key: 'copied', UploadId, PartNumber, CopySource: `${Bucket}/source`, CopySourceRange };
      const { CopyPartResult } = await s3.client.send(new UploadPartCopyCommand(command));
      return { PartNumber, ...CopyPartResult };
    };
    const list = [await copy(1, `bytes=0-${minPart - 1}`), await copy(2)];
    for (const range of ['bytes=0-99999999', 'bytes=99999999-', 'bytes=5-2', 'bytes=-5']) {
      await expect(copy(3, range)).rejects.toMatchObject({ name: 'InvalidArgument' });
    }
    await complete('copied', UploadId, list);
    expect((await read('copied')).equals(Buffer.concat([parts[0], whole]))).toBe(true);
  });
});

describe('lists', () => {
  it('tells the parts of an upload, page by page', async () => {
    const UploadId = await begin('listed', { ChecksumAlgorithm: 'SHA1' });
    for (const number of [7, 1, 3]) await upload('listed', UploadId, number, 'x'.repeat(number), 'SHA1');
    const list = (PartNumberMarker?: string) =>
      s3.client.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId, MaxParts: 2, PartNumberMarker }));
    const first = await list();
    const second = await list(first.NextPartNumberMarker);

    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '3', ChecksumAlgorithm: 'SHA1' });
    expect(second).toMatchObject({ IsTruncated: false });
    const all = [...(first.Parts ?? []), ...(second.Parts ?? [])];
    expect(all.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 1],
      [3, 3],
      [7, 7],
    ]);
    expect(all.every(({ ETag, ChecksumSHA1 }) => ETag && ChecksumSHA1)).toBe(true);
  });

  it('tells the uploads of a bucket, page by page', async () => {
    for (const key of ['b', 'a', 'b', 'd/1', 'd/2', 'c']) await begin(key);
    const seen: string[] = [];
    let markers: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (markers) {
      const page: Awaited<ReturnType<typeof listPage>> = await listPage(markers);
      for (const { Key } of page.Uploads ?? []) seen.push(Key ?? '');
      for (const { Prefix } of page.CommonPrefixes ?? []) seen.push(Prefix ?? '');
      markers = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    }
    expect(seen).toEqual(['a', 'b', 'b', 'c', 'd/']);
    const prefixed = await s3.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'd/' }));
    expect(prefixed.Uploads?.map(({ Key }) => Key)).toEqual(['d/1', 'd/2']);
  });

  function listPage(markers: { KeyMarker?: string; UploadIdMarker?: string }) {
    return s3.client.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: '/', MaxUploads: 1, ...markers }));
  }
});
