import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumElement,
  checksumHeader,
  createDigest,
} from './checksum.js';
import { combineCrcs } from './crcCombine.js';
import { S3Error } from './errors.js';
import type { PartManifest, UploadManifest } from './store/manifest.js';

const minPartBytes = 5 * 1024 ** 2;
const maxParts = 10_000;

const listedPartSchema = z.object({
  PartNumber: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number),
  ETag: z.string().min(1),
  ChecksumCRC32: z.string().optional(),
  ChecksumCRC32C: z.string().optional(),
  ChecksumCRC64NVME: z.string().optional(),
  ChecksumSHA1: z.string().optional(),
  ChecksumSHA256: z.string().optional(),
});
export type ListedPart = z.infer<typeof listedPartSchema>;

const completeSchema = z.object({
  CompleteMultipartUpload: z.object({ Part: z.array(listedPartSchema).min(1).max(maxParts) }),
});

/** Reads the list of parts of a CompleteMultipartUpload document. */
export function parsePartList(document: unknown): ListedPart[] {
  const parsed = completeSchema.safeParse(document);
  if (parsed.success) return parsed.data.CompleteMultipartUpload.Part;
  throw new S3Error('MalformedXML', { cause: parsed.error });
}

/**
 * The uploaded parts that a list names, once it has been found right.
 *
 * @throws S3Error InvalidPartOrder, InvalidPart, EntityTooSmall, InvalidRequest
 */
export function selectParts(
  listed: readonly ListedPart[],
  uploaded: (partNumber: number) => PartManifest | undefined,
  { checksum, uploadId }: UploadManifest,
): PartManifest[] {
  for (let at = 1; at < listed.length; at++) {
    if (listed[at].PartNumber <= listed[at - 1].PartNumber) throw new S3Error('InvalidPartOrder');
  }
  const parts = listed.map((entry) => {
    const part = uploaded(entry.PartNumber);
    const etag = entry.ETag.replaceAll('"', '');
    if (part?.etag !== etag || !statesSameChecksum(entry, part)) {
      throw new S3Error('InvalidPart', {
        details: { UploadId: uploadId, PartNumber: String(entry.PartNumber), ETag: etag },
      });
    }
    if (checksum?.type === 'COMPOSITE' && entry[checksumElement(checksum.algorithm)] === undefined) {
      throw new S3Error('InvalidRequest', {
        message: `The upload was created using a ${checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${entry.PartNumber} in the request.`,
      });
    }
    return part;
  });
  for (const { partNumber, size, etag } of parts.slice(0, -1)) {
    if (size >= minPartBytes) continue;
    throw new S3Error('EntityTooSmall', {
      details: {
        ProposedSize: String(size),
        MinSizeAllowed: String(minPartBytes),
        PartNumber: String(partNumber),
        ETag: etag,
      },
    });
  }
  return parts;
}

/** MD5 of the MD5s of the parts, `-`, and their number. */
export function multipartEtag(parts: readonly PartManifest[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

/** The checksum of an object made of parts, of the type that its upload was begun with. */
export async function multipartChecksum(
  parts: readonly PartManifest[],
  wanted: UploadManifest['checksum'],
): Promise<Checksum | undefined> {
  if (!wanted) return undefined;
  const { algorithm, type } = wanted;
  const checksums = parts.map(({ checksum, size }) => {
    return { checksum: Buffer.from(checksum?.value ?? '', 'base64'), length: size };
  });
  if (type === 'FULL_OBJECT') {
    return { algorithm, type, value: combineCrcs(algorithm, checksums).toString('base64') };
  }
  const digest = createDigest(algorithm);
  for (const { checksum } of checksums) digest.update(checksum);
  return { algorithm, type, value: `${(await digest.digest()).toString('base64')}-${parts.length}` };
}

/**
 * Compares what the client expects of the whole object with what it has become.
 *
 * @throws S3Error BadDigest, InvalidRequest
 */
export function requireExpected(
  headers: ReadonlyMap<string, string>,
  checksum: Checksum | undefined,
  size: number,
): void {
  const expectedSize = headers.get('x-amz-mp-object-size');
  if (expectedSize !== undefined && expectedSize !== String(size)) {
    throw new S3Error('InvalidRequest', {
      message: `The provided 'x-amz-mp-object-size' header value ${expectedSize} does not match what was computed: ${size}`,
    });
  }
  const expectedType = headers.get('x-amz-checksum-type');
  if (expectedType !== undefined && expectedType !== checksum?.type) {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using the ${checksum?.type ?? 'null'} checksum mode. The complete request must use the same checksum mode.`,
    });
  }
  for (const algorithm of checksumAlgorithms) {
    const expected = headers.get(checksumHeader(algorithm));
    if (expected !== undefined && !isSameChecksum(expected, algorithm, checksum)) {
      throw new S3Error('BadDigest', {
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      });
    }
  }
}

/** The number of parts behind a composite checksum may be left out. */
function isSameChecksum(expected: string, algorithm: ChecksumAlgorithm, checksum: Checksum | undefined): boolean {
  if (checksum?.algorithm !== algorithm) return false;
  return expected === checksum.value || expected === checksum.value.replace(/-\d+$/, '');
}

function statesSameChecksum(entry: ListedPart, part: PartManifest): boolean {
  return checksumAlgorithms.every((algorithm) => {
    const stated = entry[checksumElement(algorithm)];
    return stated === undefined || (part.checksum?.algorithm === algorithm && part.checksum.value === stated);
  });
}
