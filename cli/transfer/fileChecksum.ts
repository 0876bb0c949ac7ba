import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Crc64Nvme } from '@aws-sdk/crc64-nvme';

/** Checksums of whole objects that S3 keeps and that can be computed here, the ones of today's SDKs and of S3 itself. */
export type ChecksumName = 'CRC64NVME' | 'CRC32';

/** A checksum of a file, in base64 as S3 writes it (`x-amz-checksum-...`). */
export async function fileChecksum(path: string, name: ChecksumName, signal?: AbortSignal): Promise<string> {
  const chunks = createReadStream(path, { highWaterMark: 1 << 20, signal });
  return (name === 'CRC32' ? await crc32Of(chunks) : await crc64NvmeOf(chunks)).toString('base64');
}

async function crc64NvmeOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const checksum = new Crc64Nvme();
  for await (const chunk of chunks) checksum.update(chunk);
  return Buffer.from(await checksum.digest());
}

async function crc32Of(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  let value = 0;
  for await (const chunk of chunks) value = crc32(chunk, value);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
