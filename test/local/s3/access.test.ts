import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentials, type RunningS3, startS3 } from './harness.js';
import { send, sendSigned } from './signedRequest.js';

const Bucket = 'access';
const path = `/${Bucket}/object`;
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'object', Body: 'content' }));
});
afterAll(() => s3.stop());

const code = ({ body }: { body: string }) => /<Code>(.*)<\/Code>/.exec(body)?.[1];

describe('keys and signatures', () => {
  const listWith = async (accessKeyId: string, secretAccessKey: string) => {
    const client = s3.newClient({ credentials: { accessKeyId, secretAccessKey } });
    try {
      return await client.send(new ListBucketsCommand({}));
    } finally {
      client.destroy();
    }
  };

  it('let in the one key pair, signed for any region and with any session token', async () => {
    const client = s3.newClient({ region: 'ap-south-1', credentials: { ...credentials, sessionToken: 'token' } });
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    client.destroy();
    expect(Buckets).toHaveLength(1);
  });

  it('keep out others', async () => {
    const status = { $metadata: { httpStatusCode: 403 } };
    await expect(listWith('AKIDOTHER', credentials.secretAccessKey)).rejects.toMatchObject({
      name: 'InvalidAccessKeyId',
      ...status,
    });
    await expect(listWith(credentials.accessKeyId, 'other')).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      ...status,
    });
    const anonymous = await send(s3.endpoint, { method: 'GET', path });
    expect([anonymous.status, code(anonymous)]).toEqual([403, 'AccessDenied']);
  });

  it('keep out what was added behind the signature', async () => {
    const headers = { 'X-Amz-Meta-Sneaked': '1' };
    const response = await sendSigned(s3.endpoint, { method: 'PUT', path: `/${Bucket}/sneaked`, headers });
    expect([response.status, code(response)]).toEqual([403, 'AccessDenied']);
    expect(response.body).toContain('x-amz-meta-sneaked');
  });

  it('keep out what was signed for another service', async () => {
    const response = await sendSigned(s3.endpoint, { method: 'GET', path, service: 'lambda' });
    expect([response.status, code(response)]).toEqual([400, 'AuthorizationHeaderMalformed']);
  });

  it.each([
    ['AuthorizationHeaderMalformed', 'AWS4-HMAC-SHA256 x'],
    ['InvalidRequest', 'AWS AKIDLOCAL:c2lnbmF0dXJl'],
    ['InvalidRequest', 'Bearer token'],
  ])('are %s when they are %s', async (expected, Authorization) => {
    const response = await send(s3.endpoint, { method: 'GET', path, headers: { Authorization } });
    expect([response.status, code(response)]).toEqual([400, expected]);
  });
});

describe('presigned URLs', () => {
  it('read and write, with headers that were moved into the query', async () => {
    const put = new PutObjectCommand({ Bucket, Key: 'presigned', Metadata: { a: 'b' } });
    const putUrl = await getSignedUrl(s3.client, put, { expiresIn: 60 });
    const written = await fetch(putUrl, { method: 'PUT', body: 'hello' });
    expect(written.status).toBe(200);
    const getUrl = await getSignedUrl(s3.client, new GetObjectCommand({ Bucket, Key: 'presigned' }), { expiresIn: 60 });
    const read = await fetch(getUrl, { headers: { range: 'bytes=1-2' } });
    expect([read.status, await read.text(), read.headers.get('x-amz-meta-a')]).toEqual([206, 'el', 'b']);
  });

  it('are refused when they were changed, or have expired', async () => {
    const command = new GetObjectCommand({ Bucket, Key: 'object' });
    const url = await getSignedUrl(s3.client, command, { expiresIn: 60 });
    const old = await getSignedUrl(s3.client, command, { expiresIn: 60, signingDate: new Date(Date.now() - 61_000) });
    const refusals: [string, string][] = [
      [url.replace(/X-Amz-Signature=./, 'X-Amz-Signature=Z'), 'AuthorizationQueryParametersError'],
      [url.replace('/object?', '/other?'), 'SignatureDoesNotMatch'],
      [url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'), 'SignatureDoesNotMatch'],
      [old, 'AccessDenied'],
    ];
    for (const [refused, expected] of refusals) {
      const response = await fetch(refused);
      expect([response.status >= 400, code({ body: await response.text() })]).toEqual([true, expected]);
    }
  });
});

describe('error answers', () => {
  it('are documents that name the case and the request', async () => {
    const response = await sendSigned(s3.endpoint, { method: 'GET', path: `/${Bucket}/no%26key` });
    const requestId = response.headers['x-amz-request-id'];

    expect(response.status).toBe(404);
    expect(response.headers['content-type']).toBe('application/xml');
    expect(requestId).toMatch(/^[0-9A-F]{16}$/);
    expect(response.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>' +
        `<Key>no&amp;key</Key><Resource>/${Bucket}/no%26key</Resource><RequestId>${requestId}</RequestId>` +
        `<HostId>${response.headers['x-amz-id-2']}</HostId></Error>`,
    );
  });

  it('refuse a query that says a thing twice', async () => {
    const query = 'list-type=2&prefix=a&prefix=b';
    const response = await sendSigned(s3.endpoint, { method: 'GET', path: `/${Bucket}`, query });
    expect([response.status, code(response)]).toEqual([400, 'InvalidArgument']);
  });

  it('to HEAD have no body', async () => {
    const response = await sendSigned(s3.endpoint, { method: 'HEAD', path: `/${Bucket}/none` });
    expect([response.status, response.body]).toEqual([404, '']);
    await expect(s3.client.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it.each([
    ['InvalidURI', 400, '/access/%FF'],
    ['InvalidBucketName', 400, '/Access/key'],
    ['NoSuchBucket', 404, '/nowhere/key'],
    ['InvalidBucketName', 400, '//key'],
    ['InvalidBucketName', 400, '/../key'],
    ['InvalidBucketName', 400, '/10.0.0.1'],
  ])('are %s (%d) for %s', async (expected, status, target) => {
    const response = await sendSigned(s3.endpoint, { method: 'GET', path: target });
    expect([code(response), response.status]).toEqual([expected, status]);
  });

  it('reach a client that asks before it sends its body', async () => {
    const response = await sendSigned(s3.endpoint, {
      method: 'PUT',
      path: '/nowhere/key',
      body: Buffer.alloc(4_000_000),
      headers: { expect: '100-continue' },
    });
    expect(code(response)).toBe('NoSuchBucket');
  });
});

describe('what is not implemented', () => {
  it.each([
    ['GET', `/${Bucket}`, 'acl', {}, 'GET ?acl on the bucket'],
    ['PUT', `/${Bucket}`, 'versioning', {}, 'PUT ?versioning on the bucket'],
    ['GET', `/${Bucket}`, 'versions', {}, 'GET ?versions on the bucket'],
    ['DELETE', `/${Bucket}`, 'cors', {}, 'DELETE ?cors on the bucket'],
    ['POST', `/${Bucket}`, '', {}, 'POST on the bucket'],
    ['GET', path, 'versionId=1', {}, 'GET ?versionId on an object'],
    ['GET', path, 'partNumber=1', {}, 'GET ?partNumber on an object'],
    ['DELETE', path, 'versionId=1', {}, 'DELETE ?versionId on an object'],
    ['PUT', path, 'acl', {}, 'PUT ?acl on an object'],
    ['POST', path, 'select=&select-type=2', {}, 'POST ?select&amp;select-type on an object'],
    ['POST', path, 'restore', {}, 'POST ?restore on an object'],
    ['PUT', '/', '', {}, 'PUT on the service'],
    [
      'PUT',
      path,
      '',
      { 'x-amz-acl': 'public-read' },
      'PutObject of the local S3 does not implement the header x-amz-acl',
    ],
    ['PUT', path, '', { 'x-amz-server-side-encryption': 'AES256' }, 'header x-amz-server-side-encryption'],
    ['PUT', path, '', { 'x-amz-storage-class': 'GLACIER' }, 'header x-amz-storage-class'],
    [
      'PUT',
      `/${Bucket}`,
      '',
      { 'x-amz-bucket-object-lock-enabled': 'true' },
      'header x-amz-bucket-object-lock-enabled',
    ],
  ])('is refused by name: %s %s?%s %o', async (method, target, query, headers, expected) => {
    const response = await sendSigned(s3.endpoint, { method, path: target, query, headers });

    expect([response.status, code(response)]).toEqual([501, 'NotImplemented']);
    expect(response.body).toContain(expected);
    expect((await sendSigned(s3.endpoint, { method: 'GET', path })).body).toBe('content');
  });
});
