import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumAlgorithms, createDigest } from '../../../local/s3/checksum.js';
import { combineCrcs, isCombinable } from '../../../local/s3/crcCombine.js';

/** Check values of "123456789": the CRC catalogue of Greg Cook, and FIPS 180. */
const checkValues = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
};

describe.each(checksumAlgorithms)('%s', (algorithm) => {
  it('has its published check value, in one piece or several', async () => {
    const digest = createDigest(algorithm);
    for (const piece of ['1234', '', '56789']) digest.update(Buffer.from(piece));
    expect((await digest.digest()).toString('hex')).toBe(checkValues[algorithm]);
  });
});

describe.each(checksumAlgorithms.filter(isCombinable))('combined %s', (algorithm) => {
  const digestOf = async (bytes: Uint8Array) => {
    const digest = createDigest(algorithm);
    digest.update(bytes);
    return digest.digest();
  };

  it('is that of the parts put end to end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 }), async (parts) => {
        const checksums = await Promise.all(
          parts.map(async (part) => ({ checksum: await digestOf(part), length: part.length })),
        );
        expect(combineCrcs(algorithm, checksums)).toEqual(await digestOf(Buffer.concat(parts)));
      }),
    );
  });
});

it('cannot combine hashes', () => {
  expect(() => combineCrcs('SHA256', [])).toThrow(RangeError);
});
