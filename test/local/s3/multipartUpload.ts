import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

/** Bytes that every part but the last must have. */
export const minPart = 5 * 1024 * 1024;
export const parts = [randomBytes(minPart), randomBytes(minPart + 3), randomBytes(10)];
export const whole = Buffer.concat(parts);

export let s3: RunningS3;
/** A new one for each test. */
export let Bucket = '';
let buckets = 0;

/** To be called by a test file that makes multipart uploads: an S3 for the file, a bucket for each of its tests. */
export function useBuckets(): void {
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());
  beforeEach(async () => {
    buckets += 1;
    Bucket = `multipart-${buckets}`;
    await s3.client.send(new CreateBucketCommand({ Bucket }));
  });
}

export async function begin(Key: string, input: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  return UploadId ?? '';
}

export async function upload(
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

export const complete = (
  Key: string,
  UploadId: string,
  Parts: CompletedPart[],
  input: Partial<CompleteMultipartUploadCommandInput> = {},
) =>
  s3.client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...input }));

export async function read(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Files in which the server keeps what it holds. */
export const countBlobs = async () => (await readdir(join(s3.directory, 'blobs'))).length;
