import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignedRequest, verifyRequest } from '../../local/sigv4.js';

const example = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const exampleMs = Date.UTC(2013, 4, 24);
const emptySha256 = createHash('sha256').digest('hex');

/** Requests of the S3 API Reference, "Signature calculations for the Authorization header" and "Query parameters". */
function published(method: string, url: string, headers: Record<string, string>, signature: string): SignedRequest {
  const all: Record<string, string> = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    ...headers,
  };
  const signed = Object.keys(all).sort().join(';');
  const credential = `${example.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  all.Authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signed},Signature=${signature}`;
  return { method, url, rawHeaders: Object.entries(all).flat() };
}

const get = (signature: string) =>
  published('GET', '/test.txt', { range: 'bytes=0-9', 'x-amz-content-sha256': emptySha256 }, signature);
const getSignature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';

const presignedUrl =
  '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
  '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
const presigned = (url = presignedUrl, extra: string[] = []): SignedRequest => ({
  method: 'GET',
  url,
  rawHeaders: ['Host', 'examplebucket.s3.amazonaws.com', ...extra],
});

const verify = (request: SignedRequest, nowMs = exampleMs) => verifyRequest(request, { credentials: example, nowMs });

describe('published requests', () => {
  it.each([
    ['GET an object', get(getSignature)],
    [
      'PUT an object',
      published(
        'PUT',
        '/test%24file.text',
        {
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        },
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    ],
    [
      'PUT with a key that is not encoded on the wire',
      published(
        'PUT',
        '/test$file.text',
        {
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        },
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    ],
    [
      'a sub-resource without a value',
      published(
        'GET',
        '/?lifecycle',
        { 'x-amz-content-sha256': emptySha256 },
        'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
      ),
    ],
    [
      'a listing',
      published(
        'GET',
        '/?max-keys=2&prefix=J',
        { 'x-amz-content-sha256': emptySha256 },
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    ],
    [
      'the seed of a chunked upload',
      published(
        'PUT',
        '/examplebucket/chunkObject.txt',
        {
          host: 's3.amazonaws.com',
          'content-encoding': 'aws-chunked',
          'content-length': '66824',
          'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
          'x-amz-decoded-content-length': '66560',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        },
        '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      ),
    ],
    ['a presigned URL', presigned()],
  ])('accepts %s', (_, request) => {
    expect(verify(request)).toMatchObject({
      ok: true,
      accessKeyId: example.accessKeyId,
      region: 'us-east-1',
      service: 's3',
    });
  });

  it('accepts a request to IAM, whose body hash is not in a header', () => {
    const credential = 'AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request';
    const signature = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
    const request: SignedRequest = {
      method: 'GET',
      url: '/?Action=ListUsers&Version=2010-05-08',
      rawHeaders: [
        ...['Host', 'iam.amazonaws.com', 'X-Amz-Date', '20150830T123600Z'],
        ...['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
        'Authorization',
        `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`,
      ],
    };
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
    const options = { credentials, nowMs: Date.UTC(2015, 7, 30, 12, 36), bodySha256: emptySha256 };

    expect(verifyRequest(request, options)).toMatchObject({ ok: true, service: 'iam', payloadSha256: emptySha256 });
    const otherBody = createHash('sha256').update('x').digest('hex');
    expect(verifyRequest(request, { ...options, bodySha256: otherBody })).toMatchObject({
      ok: false,
      fault: 'mismatch',
    });
  });
});

describe('refusals', () => {
  const without = (request: SignedRequest, name: string): SignedRequest => {
    const at = request.rawHeaders.findIndex((header) => header.toLowerCase() === name);
    return { ...request, rawHeaders: request.rawHeaders.filter((_, index) => index !== at && index !== at + 1) };
  };
  const withAuthorization = (value: string): SignedRequest => {
    const request = without(get(getSignature), 'authorization');
    return { ...request, rawHeaders: [...request.rawHeaders, 'Authorization', value] };
  };
  const hour = 3_600_000;

  it.each([
    ['no signature', 'missing', without(get(getSignature), 'authorization'), exampleMs],
    ['another signature', 'mismatch', get(getSignature.replace('f0', '0f')), exampleMs],
    ['another path', 'mismatch', { ...get(getSignature), url: '/test.tx' }, exampleMs],
    ['another method', 'mismatch', { ...get(getSignature), method: 'DELETE' }, exampleMs],
    ['a clock 16 minutes behind', 'clockSkew', get(getSignature), exampleMs - 16 * 60_000],
    ['a clock 16 minutes ahead', 'clockSkew', get(getSignature), exampleMs + 16 * 60_000],
    ['a header added', 'headersNotSigned', withHeader(get(getSignature), 'x-amz-acl', 'public-read'), exampleMs],
    ['a scheme of long ago', 'unsupportedAlgorithm', withAuthorization('AWS AKIAIOSFODNN7EXAMPLE:abc='), exampleMs],
    ['version 4a', 'unsupportedAlgorithm', withAuthorization('AWS4-ECDSA-P256-SHA256 Credential=a'), exampleMs],
    ['a header without its parts', 'malformed', withAuthorization('AWS4-HMAC-SHA256 Credential=a'), exampleMs],
    [
      'a malformed scope',
      'malformed',
      withAuthorization(
        `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/s3, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      ),
      exampleMs,
    ],
    ['no date', 'malformed', without(get(getSignature), 'x-amz-date'), exampleMs],
    ['an expired URL', 'expired', presigned(), exampleMs + 24 * hour + 1],
    ['a URL of the future', 'notYetValid', presigned(), exampleMs - hour],
    ['a URL with a longer expiry', 'mismatch', presigned(presignedUrl.replace('86400', '86401')), exampleMs],
    ['an expiry beyond a week', 'malformed', presigned(presignedUrl.replace('86400', '604801')), exampleMs],
    ['a URL without its date', 'malformed', presigned(presignedUrl.replace('X-Amz-Date', 'X-Amz-Dat')), exampleMs],
    ['a URL of version 2', 'unsupportedAlgorithm', presigned('/a?AWSAccessKeyId=x&Signature=y&Expires=1'), exampleMs],
    ['a URL and a header', 'malformed', { ...get(getSignature), url: presignedUrl }, exampleMs],
  ])('refuses %s as %s', (_, fault, request, nowMs) => {
    expect(verify(request, nowMs)).toMatchObject({ ok: false, fault });
  });

  function withHeader(request: SignedRequest, name: string, value: string): SignedRequest {
    return { ...request, rawHeaders: [...request.rawHeaders, name, value] };
  }

  it('refuses an unknown access key before it looks at the signature', () => {
    const credentials = { ...example, accessKeyId: 'AKIDOTHER' };
    expect(verifyRequest(get(getSignature), { credentials, nowMs: exampleMs })).toMatchObject({
      fault: 'unknownAccessKey',
    });
  });

  it('says what it computed, beside a signature that differs', () => {
    const verification = verify(get('0'.repeat(64)));
    expect(verification).toMatchObject({
      stringToSign: expect.stringMatching(
        /^AWS4-HMAC-SHA256\n20130524T000000Z\n20130524\/us-east-1\/s3\/aws4_request\n/,
      ),
      canonicalRequest: expect.stringMatching(/^GET\n\/test.txt\n\nhost:/),
    });
  });
});

describe('requests of the SDK', () => {
  const credentials = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'a/secret' };
  let seen: { request: IncomingMessage; bodySha256: string }[] = [];
  const server = createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => hash.update(chunk));
    request.on('end', () => {
      seen.push({ request, bodySha256: hash.digest('hex') });
      response.writeHead(200).end();
    });
  });
  let endpoint = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  /** Sends, whatever comes back, and verifies what arrived. */
  async function send(call: () => Promise<unknown>) {
    seen = [];
    await call().catch(() => undefined);
    const [{ request, bodySha256 }] = seen;
    return { request, bodySha256, verification: verifyRequest(request, { credentials, bodySha256 }) };
  }

  it('accepts a path that is encoded twice, as every service but S3 signs it', async () => {
    const lambda = new LambdaClient({ endpoint, region: 'eu-west-1', credentials });
    const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:executor';
    const { request, verification } = await send(() =>
      lambda.send(new InvokeCommand({ FunctionName: arn, Payload: '{}' })),
    );
    lambda.destroy();

    expect(request.url).toContain('%3A');
    expect(verification).toMatchObject({ ok: true, service: 'lambda', region: 'eu-west-1' });
  });

  it('refuses a body that is not the one that was signed', async () => {
    const logs = new CloudWatchLogsClient({ endpoint, region: 'us-east-1', credentials });
    const { request, bodySha256, verification } = await send(() => logs.send(new DescribeLogGroupsCommand({})));
    logs.destroy();

    expect(verification).toMatchObject({ ok: true, service: 'logs', payloadSha256: bodySha256 });
    const tampered = { credentials, bodySha256: emptySha256 };
    expect(verifyRequest(request, tampered)).toMatchObject({ ok: false, fault: 'payloadMismatch' });
  });

  it('accepts headers that are not ASCII, as UTF-8 or as latin1', async () => {
    const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
    const Metadata = { umlaut: 'é', blanks: ' a  b\tc ' };
    const { request, verification } = await send(() =>
      s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: 'x', Metadata })),
    );

    expect(request.headers['x-amz-meta-umlaut']).toBe(Buffer.from('é').toString('latin1'));
    expect(verification).toMatchObject({ ok: true });

    // Without a body, Node sends the same header as latin1.
    const begin = new CreateMultipartUploadCommand({ Bucket: 'bucket', Key: 'key', Metadata });
    const bodiless = await send(() => s3.send(begin));
    expect(bodiless.request.headers['x-amz-meta-umlaut']).toBe('é');
    expect(bodiless.verification).toMatchObject({ ok: true });
    s3.destroy();
  });

  const keys = ['a b', 'é/ü', 'a+b&c=d', '%41', "it's (1)!*", 'a//b/../c/./d/', '日本語🚀', '~_-.'];
  it.each(keys)('accepts the S3 key %s', async (Key) => {
    const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
    const { verification } = await send(() => s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: 'x' })));
    const listing = await send(() =>
      s3.send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: Key, Delimiter: '/' })),
    );
    const url = await getSignedUrl(
      s3,
      new GetObjectCommand({ Bucket: 'bucket', Key, ResponseContentType: 'text/plain; a=ü' }),
    );
    const { pathname, search } = splitUrl(url);
    s3.destroy();

    expect(verification).toMatchObject({ ok: true });
    expect(listing.verification).toMatchObject({ ok: true });
    const { host } = new URL(endpoint);
    const request = { method: 'GET', url: pathname + search, rawHeaders: ['host', host] };
    expect(verifyRequest(request, { credentials })).toMatchObject({
      ok: true,
      form: 'query',
      payloadSha256: 'UNSIGNED-PAYLOAD',
    });
  });

  /** Not by `URL`, which would normalise the key. */
  function splitUrl(url: string) {
    const target = url.slice(endpoint.length);
    const mark = target.indexOf('?');
    return { pathname: target.slice(0, mark), search: target.slice(mark) };
  }
});
