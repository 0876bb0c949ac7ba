import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Uri } from '../../run/keys.js';
import { BrokenBodyError } from '../../storage/errors.js';
import type { DownloadItem } from './downloadItems.js';

/** Streams an object into a file that appears only when it is complete; the SDK checks the checksum on the way. */
export async function downloadFile(
  s3: S3Client,
  bucket: string,
  { key, path, size }: DownloadItem,
  onBytes: (delta: number) => void,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString('hex')}.part`;
  let received = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
    const { Body } = await s3.send(command, { abortSignal: signal });
    if (!(Body instanceof Readable)) throw new TypeError('expected the body of a GET to be a Node stream');
    await pipeline(Body, counter, createWriteStream(temporary, { flags: 'wx' }), { signal });
    if (received !== size) throw new BrokenBodyError(s3Uri(bucket, key), `${size} bytes`, `${received} bytes`);
    await rename(temporary, path);
  } catch (error) {
    onBytes(-received);
    await rm(temporary, { force: true });
    throw error;
  }
}
