import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { UploadItem } from './uploadSources.js';

/** Fewest bytes a part; S3 allows no less than 5 MiB. */
const minPartBytes = 8 << 20;
/** Most parts of one object (S3 quota). */
const maxParts = 10_000;
/** Parts of one file under way at once. */
const parallelParts = 4;

/** Bytes a part, so that the file fits into the parts that S3 allows. */
export const partBytes = (size: number): number => Math.max(minPartBytes, Math.ceil(size / maxParts));

/**
 * Uploads a file with its CRC-64/NVME, in parts when it is large. A part that failed is tried again; an upload that is
 * given up leaves no parts behind.
 */
export async function uploadFile(
  s3: S3Client,
  bucket: string,
  { path, key, size }: UploadItem,
  onBytes: (delta: number) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const body = createReadStream(path, { highWaterMark: 1 << 20 });
  const upload = new Upload({
    client: s3,
    partSize: partBytes(size),
    queueSize: parallelParts,
    params: { Bucket: bucket, Key: key, Body: body, ChecksumAlgorithm: 'CRC64NVME' },
  });
  let reported = 0;
  upload.on('httpUploadProgress', ({ loaded = 0 }) => {
    onBytes(loaded - reported);
    reported = loaded;
  });
  const abort = () => void upload.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await upload.done();
    onBytes(size - reported);
  } catch (error) {
    onBytes(-reported);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    body.destroy();
  }
}
