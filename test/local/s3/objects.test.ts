import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

const Bucket = 'objects';
const bytes = randomBytes(700_000);
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'object', Body: bytes, ContentType: 'application/x-test' }));
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
});
afterAll(() => s3.stop());

async function get(Key: string, input: Partial<GetObjectCommandInput> = {}) {
  const response = await s3.client.send(new GetObjectCommand({ Bucket, Key, ...input }));
  return { ...response, bytes: Buffer.from((await response.Body?.transformToByteArray()) ?? []) };
}

describe('PutObject and GetObject', () => {
  it('returns what was put, with its MD5 as entity tag', async () => {
    const { ETag, ContentLength, ContentType, LastModified, bytes: got } = await get('object');

    expect(got.equals(bytes)).toBe(true);
    expect(ETag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
    expect(ContentLength).toBe(bytes.length);
    expect(ContentType).toBe('application/x-test');
    expect(Math.abs(Date.now() - (LastModified?.getTime() ?? 0))).toBeLessThan(30_000);
  });

  it('takes a stream, which the SDK sends as aws-chunked with a trailer', async () => {
    const Body = Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 300_000), bytes.subarray(300_000)]);
    await s3.client.send(
      new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: bytes.length, ContentEncoding: 'x-own' }),
    );
    const { bytes: got, ContentEncoding, ChecksumCRC32 } = await get('stream');

    expect(got.equals(bytes)).toBe(true);
    expect(ContentEncoding).toBe('x-own');
    expect(ChecksumCRC32).toBe((await get('object')).ChecksumCRC32);
  });

  it('keeps an empty object', async () => {
    expect(await get('empty')).toMatchObject({ ContentLength: 0, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' });
  });

  it('keeps the headers and the metadata of an object, and gives a type to one without', async () => {
    const described = {
      ContentType: 'text/plain; charset=utf-8',
      ContentEncoding: 'gzip',
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentLanguage: 'de',
      CacheControl: 'max-age=7',
      Metadata: { one: '1', 'two-words': 'a, b  c' },
    };
    const Expires = new Date('2030-01-01T00:00:00Z');
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'described', Body: 'x', Expires, ...described }));

    expect(await get('described')).toMatchObject({ ...described, ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT' });
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'described' }));
    expect(head).toMatchObject({ ...described, ContentLength: 1 });
    expect((await get('empty')).ContentType).toBe('application/octet-stream');
  });

  it('refuses more than 2 KiB of metadata', async () => {
    const put = (length: number) =>
      s3.client.send(new PutObjectCommand({ Bucket, Key: 'meta', Body: 'x', Metadata: { name: 'v'.repeat(length) } }));
    await put(2044);
    await expect(put(2045)).rejects.toMatchObject({ name: 'MetadataTooLarge', $metadata: { httpStatusCode: 400 } });
  });

  it('replaces an object with everything that described it', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'twice', Body: 'one', Metadata: { a: '1' } }));
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'twice', Body: 'other' }));
    const { bytes: got, Metadata } = await get('twice');

    expect(got.toString()).toBe('other');
    expect(Metadata).toEqual({});
  });

  it('lets a read override the headers of its answer', async () => {
    const overridden = await get('object', {
      ResponseContentType: 'text/css',
      ResponseCacheControl: 'no-store',
      ResponseContentDisposition: 'inline',
      ResponseContentEncoding: 'identity',
      ResponseContentLanguage: 'fr',
    });
    expect(overridden).toMatchObject({
      ContentType: 'text/css',
      CacheControl: 'no-store',
      ContentDisposition: 'inline',
      ContentEncoding: 'identity',
      ContentLanguage: 'fr',
    });
    await expect(get('object', { ResponseContentType: 'a\r\nx-evil: 1' })).rejects.toMatchObject({
      name: 'InvalidArgument',
    });
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1000-1999', 1000, 2000],
    ['bytes=699990-', 699_990, 700_000],
    ['bytes=-10', 699_990, 700_000],
    ['bytes=10-9999999', 10, 700_000],
    ['bytes=1-400000', 1, 400_001],
  ])('answers %s with those bytes', async (Range, from, to) => {
    const part = await get('object', { Range });

    expect(part.bytes.equals(bytes.subarray(from, to))).toBe(true);
    expect(part.$metadata.httpStatusCode).toBe(206);
    expect(part.ContentRange).toBe(`bytes ${from}-${to - 1}/700000`);
    expect(part.ContentLength).toBe(to - from);
    expect(part.AcceptRanges).toBe('bytes');
  });

  it.each(['bytes=5-2', 'bytes=x', 'lines=1-2', 'bytes=1-2,5-6'])('ignores %s', async (Range) => {
    const whole = await get('object', { Range });
    expect(whole.$metadata.httpStatusCode).toBe(200);
    expect(whole.ContentRange).toBeUndefined();
    expect(whole.bytes.length).toBe(bytes.length);
  });

  it.each([
    ['object', 'bytes=700000-', 700_000],
    ['object', 'bytes=-0', 700_000],
    ['empty', 'bytes=0-', 0],
  ])('refuses %s %s', async (Key, Range, size) => {
    const refusal = await get(Key, { Range }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
      $response: { headers: { 'content-range': `bytes */${size}` } },
    });
  });

  it('tells the range of a HEAD too', async () => {
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'object', Range: 'bytes=0-9' }));
    expect(head).toMatchObject({ ContentLength: 10, ContentRange: 'bytes 0-9/700000' });
  });
});

describe('keys', () => {
  const long = 'k'.repeat(1024);
  const keys = [
    'a b',
    ' lead and trail ',
    'é/ü',
    '日本語/🚀.bin',
    'a+b',
    '100%',
    '%2F',
    '%',
    '..',
    '../../escape',
    'a/../b',
    './a',
    '//',
    'a//b',
    'dir/',
    'p',
    'p/q',
    'p/q/r',
    '?x=1&y',
    '#hash',
    'q\'uo"te',
    '<&>',
    '\u0001\u001f',
    'a\nb',
    'tab\t',
    '\u{FFFF}',
    'CON',
    'a\\b',
    '*',
    '~',
    'bucket.json',
    long,
    'ä'.repeat(512),
  ];

  it('keeps each legal key as it is, apart from every other', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'keys' }));
    for (const Key of keys) await s3.client.send(new PutObjectCommand({ Bucket: 'keys', Key, Body: `of ${Key}` }));
    for (const Key of keys) {
      const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: 'keys', Key }));
      expect(await Body?.transformToString()).toBe(`of ${Key}`);
    }
    const listing = await s3.client.send(new ListObjectsV2Command({ Bucket: 'keys', EncodingType: 'url' }));
    const listed = (listing.Contents ?? []).map(({ Key }) => decodeURIComponent(Key ?? ''));
    expect(listed).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const Objects = keys.map((Key) => ({ Key }));
    const deleted = await s3.client.send(new DeleteObjectsCommand({ Bucket: 'keys', Delete: { Objects } }));
    expect(deleted.Errors ?? []).toEqual([]);
    const rest = await s3.client.send(new ListObjectsV2Command({ Bucket: 'keys' }));
    expect(rest.KeyCount).toBe(0);
  });

  it('keeps any key', async () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(key, fc.string({ unit: 'binary' }), async (Key, Body) => {
        await s3.client.send(new PutObjectCommand({ Bucket, Key, Body }));
        expect((await get(Key)).bytes.toString()).toBe(Body);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['k'.repeat(1025), 'ä'.repeat(513)])('refuses a key of more than 1,024 bytes', async (Key) => {
    await expect(s3.client.send(new PutObjectCommand({ Bucket, Key, Body: '' }))).rejects.toMatchObject({
      name: 'KeyTooLongError',
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('DeleteObject and DeleteObjects', () => {
  const put = (Key: string) => s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));

  it('deletes one, and does not mind that there is none', async () => {
    await put('gone');
    for (let time = 0; time < 2; time++) {
      const { $metadata } = await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
      expect($metadata.httpStatusCode).toBe(204);
    }
    await expect(get('gone')).rejects.toMatchObject({ name: 'NoSuchKey', Key: 'gone' });
  });

  it('deletes only the version that is expected', async () => {
    const { ETag } = await put('expected');
    await expect(
      s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'expected', IfMatch: '"other"' })),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect((await get('expected')).bytes.toString()).toBe('expected');
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'expected', IfMatch: ETag }));
    await expect(get('expected')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('deletes many, and says which it could not', async () => {
    await Promise.all([put('m/1'), put('m/2'), put('m/3')]);
    const Objects = [
      { Key: 'm/1' },
      { Key: 'm/2', ETag: '"other"' },
      { Key: 'm/3', VersionId: 'v' },
      { Key: 'm/none' },
    ];
    const { Deleted, Errors } = await s3.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));

    expect(Deleted?.map(({ Key }) => Key)).toEqual(['m/1', 'm/none']);
    expect(Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
      ['m/2', 'PreconditionFailed'],
      ['m/3', 'NotImplemented'],
    ]);
    expect((await get('m/2')).bytes.toString()).toBe('m/2');
  });

  it('is quiet when it is told to be', async () => {
    await put('q');
    const { Deleted } = await s3.client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'q' }] } }),
    );
    expect(Deleted ?? []).toEqual([]);
    await expect(get('q')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
