import { type Checksum, type ChecksumAlgorithm, createDigest, hashDigest } from '../checksum.js';
import type { ByteRange } from '../range.js';
import type { Segment } from './manifest.js';
import { readRange } from './objectReader.js';
import type { ObjectStore } from './objectStore.js';

export interface CopiedBytes {
  segments: Segment[];
  /** MD5 in hexadecimal. */
  etag: string;
  checksum?: Checksum;
}

/** Copies a range of an object into a blob of its own and computes its digests on the way. Hold the object meanwhile. */
export async function copyBytes(
  store: ObjectStore,
  segments: readonly Segment[],
  range: ByteRange,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<CopiedBytes> {
  const md5 = hashDigest('MD5');
  const digest = algorithm && createDigest(algorithm);
  const [copied] = await store.writeBlob(async (writer) => {
    for await (const chunk of readRange(store.files, segments, range)) {
      md5.update(chunk);
      digest?.update(chunk);
      await writer.write(chunk);
    }
  });
  const etag = (await md5.digest()).toString('hex');
  if (!algorithm || !digest) return { segments: copied, etag };
  const value = (await digest.digest()).toString('base64');
  return { segments: copied, etag, checksum: { algorithm, type: 'FULL_OBJECT', value } };
}
