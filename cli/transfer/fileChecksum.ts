import { createReadStream } from 'node:fs';
import { Crc64Nvme } from '@aws-sdk/crc64-nvme';

/** CRC-64/NVME of a file, in base64 as S3 writes it (`x-amz-checksum-crc64nvme`). */
export async function fileChecksum(path: string, signal?: AbortSignal): Promise<string> {
  const checksum = new Crc64Nvme();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) checksum.update(chunk);
  return Buffer.from(await checksum.digest()).toString('base64');
}
