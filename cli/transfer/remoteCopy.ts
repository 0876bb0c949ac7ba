import { HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import { fileChecksum } from './fileChecksum.js';

/** A file here and its counterpart in S3. */
export interface Pair {
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Whether the object holds exactly the file's bytes, by size and full-object CRC-64/NVME; an object without that checksum
 * counts as different.
 */
export async function isSameContent(s3: S3Client, pair: Pair, signal?: AbortSignal): Promise<boolean> {
  const { path, size, bucket, key } = pair;
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
  try {
    const { ContentLength, ChecksumCRC64NVME } = await s3.send(command, { abortSignal: signal });
    if (ContentLength !== size || ChecksumCRC64NVME === undefined) return false;
    return ChecksumCRC64NVME === (await fileChecksum(path, signal));
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}
