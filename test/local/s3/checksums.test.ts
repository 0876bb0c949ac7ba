import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  ChecksumAlgorithm,
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksumAlgorithms, createDigest } from '../../../local/s3/checksum.js';
import { type RunningS3, startS3 } from './harness.js';
import { sendSigned } from './signedRequest.js';

const Bucket = 'checksums';
const bytes = randomBytes(150_000);
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => s3.stop());

const crc32Base64 = (data: Buffer) => {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(data));
  return value.toString('base64');
};

describe.each(checksumAlgorithms)('%s', (algorithm) => {
  const member = `Checksum${algorithm}` as const;

  it('is verified and returned, from a header or from the trailer of a stream', async () => {
    const digest = createDigest(algorithm);
    digest.update(bytes);
    const expected = (await digest.digest()).toString('base64');
    const bodies = { header: bytes, trailer: Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]) };
    for (const [Key, Body] of Object.entries(bodies)) {
      const put = await s3.client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body,
          ContentLength: bytes.length,
          ChecksumAlgorithm: ChecksumAlgorithm[algorithm],
        }),
      );
      const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      // The SDK compares it with what arrives.
      const get = await s3.client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      expect(Buffer.from((await get.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
      expect([put[member], head[member], get[member]]).toEqual([expected, expected, expected]);
      expect(head.ChecksumType).toBe('FULL_OBJECT');
    }
  });

  it('is refused when it is that of other bytes', async () => {
    const digest = createDigest(algorithm);
    digest.update(Buffer.from('other'));
    const wrong = (await digest.digest()).toString('base64');
    const put = s3.client.send(new PutObjectCommand({ Bucket, Key: 'wrong', Body: bytes, [member]: wrong }));
    await expect(put).rejects.toMatchObject({ name: 'BadDigest', $metadata: { httpStatusCode: 400 } });
    await expect(s3.client.send(new GetObjectCommand({ Bucket, Key: 'wrong' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
  });
});

it('sends no checksum unless asked, and none with a part of the object', async () => {
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'asked', Body: bytes }));
  const silent = s3.newClient({ responseChecksumValidation: 'WHEN_REQUIRED' });
  const head = await silent.send(new HeadObjectCommand({ Bucket, Key: 'asked' }));
  silent.destroy();
  const part = await s3.client.send(
    new GetObjectCommand({ Bucket, Key: 'asked', Range: 'bytes=0-9', ChecksumMode: 'ENABLED' }),
  );
  expect(await part.Body?.transformToByteArray()).toHaveLength(10);
  expect([head.ChecksumCRC32, part.ChecksumCRC32]).toEqual([undefined, undefined]);
});

describe('Content-MD5', () => {
  const put = (ContentMD5: string) =>
    s3.client.send(
      new PutObjectCommand({ Bucket, Key: 'md5', Body: bytes, ContentMD5 } satisfies PutObjectCommandInput),
    );

  it('is verified', async () => {
    await put(createHash('md5').update(bytes).digest('base64'));
    await expect(put(createHash('md5').update('other').digest('base64'))).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(put('not an md5')).rejects.toMatchObject({ name: 'InvalidDigest' });
  });
});

describe('bodies as other clients send them', () => {
  const path = `/${Bucket}/raw`;
  const body = Buffer.from('hello, world');
  const put = (headers: Record<string, string>, sent: Buffer | string = body, payloadSha256?: string) =>
    sendSigned(s3.endpoint, { method: 'PUT', path, headers, body: sent, payloadSha256 });
  const content = async () => (await sendSigned(s3.endpoint, { method: 'GET', path })).body;
  const code = (response: { body: string }) => /<Code>(.*)<\/Code>/.exec(response.body)?.[1];

  it('are taken unsigned', async () => {
    expect((await put({}, body, 'UNSIGNED-PAYLOAD')).status).toBe(200);
    expect(await content()).toBe('hello, world');
  });

  it('are refused when they are not what was signed', async () => {
    const other = createHash('sha256').update('other').digest('hex');
    const response = await put({}, body, other);
    expect([response.status, code(response)]).toEqual([400, 'XAmzContentSHA256Mismatch']);
  });

  it('get a type when they state none', async () => {
    await put({});
    const { headers } = await sendSigned(s3.endpoint, { method: 'GET', path });
    expect(headers['content-type']).toBe('binary/octet-stream');
  });

  const signed = (size: string) => `${size};chunk-signature=${'0'.repeat(64)}\r\n`;
  const chunked = { 'content-encoding': 'aws-chunked,gzip', 'x-amz-decoded-content-length': '12' };
  const framed = `${signed('5')}hello\r\n${signed('7')}, world\r\n${signed('0')}`;

  it('are taken in signed chunks', async () => {
    const response = await put(chunked, `${framed}\r\n`, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
    expect(response.status).toBe(200);
    const got = await sendSigned(s3.endpoint, { method: 'GET', path });
    expect([got.body, got.headers['content-encoding']]).toEqual(['hello, world', 'gzip']);
  });

  it('are taken in signed chunks with a signed trailer', async () => {
    const trailer = `x-amz-checksum-crc32:${crc32Base64(body)}\r\nx-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\n`;
    const headers = { ...chunked, 'x-amz-trailer': 'x-amz-checksum-crc32' };
    const response = await put(headers, framed + trailer, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER');
    expect([response.status, response.headers['x-amz-checksum-crc32']]).toEqual([200, crc32Base64(body)]);
    expect(await content()).toBe('hello, world');
  });

  it.each([
    ['a wrong trailer', 'BadDigest', `${framed}x-amz-checksum-crc32:AAAAAA==\r\n\r\n`],
    ['no trailer though announced', 'InvalidRequest', `${framed}\r\n`],
    ['a trailer that is no checksum', 'InvalidDigest', `${framed}x-amz-checksum-crc32:zz\r\n\r\n`],
    ['fewer bytes than declared', 'IncompleteBody', `${signed('5')}hello\r\n${signed('0')}\r\n`],
    ['more bytes than declared', 'IncompleteBody', `${signed('d')}hello, world!\r\n${signed('0')}\r\n`],
    ['no end', 'IncompleteBody', `${signed('c')}hello, world\r\n`],
    ['no chunks at all', 'InvalidRequest', 'hello, world\r\n'],
  ])('are refused with %s', async (_, expected, sent) => {
    const before = await content();
    const headers = { ...chunked, 'x-amz-trailer': 'x-amz-checksum-crc32' };
    const response = await put(headers, sent, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER');
    expect([response.status, code(response)]).toEqual([400, expected]);
    expect(await content()).toBe(before);
  });

  it.each([
    ['two checksums', 'InvalidRequest', { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }],
    ['an algorithm without its checksum', 'InvalidRequest', { 'x-amz-sdk-checksum-algorithm': 'CRC32' }],
    ['an unknown trailer', 'InvalidRequest', { 'x-amz-trailer': 'x-amz-checksum-crc16' }],
    ['a checksum of the wrong length', 'InvalidDigest', { 'x-amz-checksum-sha256': 'AAAAAA==' }],
    ['an unknown payload word', 'InvalidArgument', { 'x-amz-content-sha256': 'STREAMING-SOMETHING' }],
  ])('are refused with %s', async (_, expected, headers) => {
    const payload = 'x-amz-content-sha256' in headers ? headers['x-amz-content-sha256'] : undefined;
    const response = await put(headers, body, payload);
    expect([response.status, code(response)]).toEqual([400, expected]);
  });

  it('are refused without a length', async () => {
    const plain = await put({ 'transfer-encoding': 'chunked' }, body, 'UNSIGNED-PAYLOAD');
    expect([plain.status, code(plain)]).toEqual([411, 'MissingContentLength']);
    const { 'content-encoding': encoding } = chunked;
    const streamed = await put({ 'content-encoding': encoding }, `${framed}\r\n`, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
    expect([streamed.status, code(streamed)]).toEqual([411, 'MissingContentLength']);
  });

  it('are refused beyond 5 GiB, before they are sent', async () => {
    const headers = { ...chunked, 'x-amz-decoded-content-length': String(5 * 1024 ** 3 + 1) };
    const response = await put(headers, `${framed}\r\n`, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
    expect([response.status, code(response)]).toEqual([400, 'EntityTooLarge']);
  });
});
