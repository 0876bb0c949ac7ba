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
 * Whether the object holds exactly the file's bytes, by size and checksum; an object without a checksum of the whole
 * (older ones, some that came in parts) counts as different.
 */
export async function isSameContent(s3: S3Client, pair: Pair, signal?: AbortSignal): Promise<boolean> {
  const { path, size, bucket, key } = pair;
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
  try {
    const { ContentLength, ChecksumCRC64NVME, ChecksumCRC32 } = await s3.send(command, { abortSignal: signal });
    if (ContentLength !== size) return false;
    if (ChecksumCRC64NVME !== undefined) return ChecksumCRC64NVME === (await fileChecksum(path, 'CRC64NVME', signal));
    return ChecksumCRC32 !== undefined && ChecksumCRC32 === (await fileChecksum(path, 'CRC32', signal));
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}
