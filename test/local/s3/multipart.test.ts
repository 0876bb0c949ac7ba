import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { describe, expect, it } from 'vitest';
import {
  Bucket,
  begin,
  complete,
  countBlobs,
  minPart,
  parts,
  read,
  s3,
  upload,
  useBuckets,
  whole,
} from './multipartUpload.js';

useBuckets();

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
