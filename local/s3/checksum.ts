import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c } from '@aws-crypto/crc32c';
import { Crc64Nvme } from '@aws-sdk/crc64-nvme';
import { z } from 'zod';

/** Additional checksum algorithms of S3, in the spelling of its API. */
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Length of each checksum in bytes. */
export const checksumLength: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** `FULL_OBJECT`: of all bytes. `COMPOSITE`: of the checksums of the parts, written with `-<parts>` behind it. */
export const checksumTypes = ['FULL_OBJECT', 'COMPOSITE'] as const;
export type ChecksumType = (typeof checksumTypes)[number];

export const checksumSchema = z.object({
  algorithm: z.enum(checksumAlgorithms),
  type: z.enum(checksumTypes),
  /** Base64. */
  value: z.string(),
});
export type Checksum = z.infer<typeof checksumSchema>;

/** A running checksum. */
export interface Digest {
  update(chunk: Uint8Array): void;
  digest(): Promise<Buffer>;
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  switch (algorithm) {
    case 'CRC32':
      return crc32Digest();
    case 'CRC32C':
      return crc32cDigest();
    case 'CRC64NVME':
      return crc64Digest();
    case 'SHA1':
    case 'SHA256':
      return hashDigest(algorithm);
  }
}

/** The name of the header or trailer, and of the XML element, that carry a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

export function checksumElement(algorithm: ChecksumAlgorithm): `Checksum${ChecksumAlgorithm}` {
  return `Checksum${algorithm}`;
}

export function hashDigest(name: 'MD5' | 'SHA1' | 'SHA256'): Digest {
  const hash = createHash(name);
  return {
    update: (chunk) => void hash.update(chunk),
    digest: async () => hash.digest(),
  };
}

function crc32Digest(): Digest {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    digest: async () => bigEndian(value),
  };
}

function crc32cDigest(): Digest {
  const crc = new Crc32c();
  return {
    update: (chunk) => void crc.update(chunk),
    digest: async () => bigEndian(crc.digest()),
  };
}

function crc64Digest(): Digest {
  const crc = new Crc64Nvme();
  return {
    update: (chunk) => void crc.update(chunk),
    digest: async () => Buffer.from(await crc.digest()),
  };
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
