import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

const Bucket = 'conditions';
let s3: RunningS3;
let etag: string;
let modified: string;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => s3.stop());
beforeEach(async () => {
  const { ETag } = await s3.client.send(new PutObjectCommand({ Bucket, Key: 'object', Body: 'content' }));
  const { LastModified } = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'object' }));
  etag = ETag ?? '';
  modified = LastModified?.toUTCString() ?? '';
});

describe('reads', () => {
  const earlier = 'Sat, 01 Jan 2000 00:00:00 GMT';
  const later = 'Thu, 01 Jan 2099 00:00:00 GMT';

  it.each<[string, number, () => Record<string, string>]>([
    ['If-Match of this version', 200, () => ({ 'if-match': etag })],
    ['If-Match without quotes', 200, () => ({ 'if-match': etag.replaceAll('"', '') })],
    ['If-Match of any', 200, () => ({ 'if-match': '*' })],
    ['If-Match in a list', 200, () => ({ 'if-match': `"a", ${etag}` })],
    ['If-Match of another', 412, () => ({ 'if-match': '"other"' })],
    ['If-None-Match of this version', 304, () => ({ 'if-none-match': etag })],
    ['If-None-Match of any', 304, () => ({ 'if-none-match': '*' })],
    ['If-None-Match of another', 200, () => ({ 'if-none-match': '"other"' })],
    ['If-Modified-Since the change itself', 304, () => ({ 'if-modified-since': modified })],
    ['If-Modified-Since before', 200, () => ({ 'if-modified-since': earlier })],
    ['If-Modified-Since no date', 200, () => ({ 'if-modified-since': 'yesterday' })],
    ['If-Unmodified-Since the change itself', 200, () => ({ 'if-unmodified-since': modified })],
    ['If-Unmodified-Since before', 412, () => ({ 'if-unmodified-since': earlier })],
    ['If-Match that overrules the date', 200, () => ({ 'if-match': etag, 'if-unmodified-since': earlier })],
    ['If-None-Match that overrules the date', 200, () => ({ 'if-none-match': '"x"', 'if-modified-since': later })],
    ['If-Match before anything else', 412, () => ({ 'if-match': '"x"', 'if-none-match': etag })],
    ['If-Range of this version', 206, () => ({ range: 'bytes=0-1', 'if-range': etag })],
    ['If-Range of another', 200, () => ({ range: 'bytes=0-1', 'if-range': '"other"' })],
    ['If-Range of this date', 206, () => ({ range: 'bytes=0-1', 'if-range': modified })],
    ['a condition before a range', 304, () => ({ range: 'bytes=99-', 'if-none-match': etag })],
  ])('answer %s with %d', async (_, status, headers) => {
    for (const [method, Command] of [
      ['GET', GetObjectCommand],
      ['HEAD', HeadObjectCommand],
    ] as const) {
      const url = await getSignedUrl(s3.client, new Command({ Bucket, Key: 'object' }));
      const response = await fetch(url, { method, headers: headers() });
      const body = await response.text();

      expect(response.status).toBe(status);
      if (status !== 412) expect(response.headers.get('etag')).toBe(etag);
      if (status === 304 || method === 'HEAD') expect(body).toBe('');
      if (status === 200 && method === 'GET') expect(body).toBe('content');
    }
  });
});

describe('writes', () => {
  const put = (Key: string, conditions: { IfMatch?: string; IfNoneMatch?: string }, Body = 'new') =>
    s3.client.send(new PutObjectCommand({ Bucket, Key, Body, ...conditions }));
  const text = async (Key: string) => {
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  };

  it('create, unless there is an object', async () => {
    await expect(put('object', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      Condition: 'If-None-Match',
      $metadata: { httpStatusCode: 412 },
    });
    expect(await text('object')).toBe('content');
    await put('created', { IfNoneMatch: '*' });
    expect(await text('created')).toBe('new');
  });

  it('replace the expected version only', async () => {
    await expect(put('object', { IfMatch: '"other"' })).rejects.toMatchObject({ Condition: 'If-Match' });
    await expect(put('absent', { IfMatch: etag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    await put('object', { IfMatch: etag });
    expect(await text('object')).toBe('new');
  });

  it('refuse an If-None-Match that S3 does not know', async () => {
    await expect(put('object', { IfNoneMatch: etag })).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it('let exactly one of many creators win', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, at) => put('raced', { IfNoneMatch: '*' }, `by ${at}`)),
    );
    const winners = results.flatMap((result, at) => (result.status === 'fulfilled' ? [at] : []));

    expect(winners).toHaveLength(1);
    expect(await text('raced')).toBe(`by ${winners[0]}`);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'PreconditionFailed' });
    }
  });

  it('lose no update when many replace what they have read', async () => {
    await put('counter', {}, '0');
    const increment = async (): Promise<void> => {
      const { Body, ETag } = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'counter' }));
      const next = String(Number(await Body?.transformToString()) + 1);
      try {
        await put('counter', { IfMatch: ETag }, next);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'PreconditionFailed') throw error;
        await increment();
      }
    };
    await Promise.all(Array.from({ length: 12 }, increment));
    expect(await text('counter')).toBe('12');
  });
});
