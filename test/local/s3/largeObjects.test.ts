import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ChildS3 } from './childS3.js';

const megabyte = randomBytes(1024 * 1024);
const sizeMb = 512;
const object = { Bucket: 'large', Key: 'object' };
let directory: string;
let s3: ChildS3;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-large-'));
  s3 = await ChildS3.start(directory);
  await s3.client.send(new CreateBucketCommand({ Bucket: object.Bucket }));
});
afterAll(async () => {
  await s3.kill();
  await rm(directory, { recursive: true });
});

async function put(upload: ClientRequest): Promise<number | undefined> {
  const answer = once(upload, 'response');
  for (let sentMb = 0; sentMb < sizeMb; sentMb++) {
    if (!upload.write(megabyte)) await once(upload, 'drain');
  }
  upload.end();
  const [response]: IncomingMessage[] = await answer;
  response.resume();
  return response.statusCode;
}

it('are put and got in constant memory', async () => {
  const putUrl = await getSignedUrl(s3.client, new PutObjectCommand(object));
  const getUrl = await getSignedUrl(s3.client, new GetObjectCommand(object));
  const beforeBytes = await s3.rssBytes();
  let highestBytes = 0;
  const sample = async () => {
    highestBytes = Math.max(highestBytes, await s3.rssBytes());
  };

  const headers = { 'content-length': sizeMb * megabyte.length };
  expect(await put(request(putUrl, { method: 'PUT', headers }))).toBe(200);
  await sample();

  const [response]: IncomingMessage[] = await once(get(getUrl), 'response');
  let receivedBytes = 0;
  let nextSampleBytes = 0;
  for await (const chunk of response) {
    // A reader that is slow at times must not make the sender read ahead.
    if (receivedBytes >= nextSampleBytes) {
      await sample();
      nextSampleBytes += 64 * megabyte.length;
    }
    receivedBytes += chunk.length;
  }

  expect(receivedBytes).toBe(sizeMb * megabyte.length);
  expect((highestBytes - beforeBytes) / megabyte.length).toBeLessThan(128);
});
