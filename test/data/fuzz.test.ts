import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPartition, readArray, streamBatches, tensorContent } from '../../data/index.js';
import { writePartition } from '../../data/write/partition.js';
import { MusterError } from '../../run/errors.js';
import { MemoryByteSource } from '../../storage/byteSource.js';
import { collect, fixtureBytes, openBytes, openFixture, readAll } from './fixtureFile.js';

const subjects = [
  'all_dtypes.pt',
  'views.pt',
  'legacy_views.pt',
  'deflated.pt',
  'big_endian.pt',
  'ordered_dict.pt',
  'pickle_protocol_4.pt',
  'compressed.npz',
  'fortran.npz',
  'npy_fortran_i16_big.npy',
  'npy_version_2.npy',
];

/** Changes of a file: single bits anywhere, bytes at its ends (where the headers are), a cut. */
const damage = fc.record({
  flips: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 7 })), {
    maxLength: 3,
  }),
  bytes: fc.array(fc.tuple(fc.integer({ min: -400, max: 400 }), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
});

type Damage = typeof damage extends fc.Arbitrary<infer D> ? D : never;

function damaged(original: Buffer, { flips, bytes, cut }: Damage): Buffer {
  const copy = Buffer.from(original);
  for (const [where, bit] of flips) {
    const at = Math.min(copy.length - 1, Math.floor(where * copy.length));
    copy[at] ^= 1 << bit;
  }
  for (const [where, value] of bytes) {
    const at = where < 0 ? copy.length + where : where;
    if (at >= 0 && at < copy.length) copy[at] = value;
  }
  return cut === null ? copy : copy.subarray(0, Math.floor(cut * copy.length));
}

/** Reads all there is; a damaged shape must not make that more than a few times the file. */
async function readWhole(bytes: Buffer): Promise<void> {
  const source = new MemoryByteSource('damaged', bytes);
  const checked = {
    name: source.name,
    size: source.size,
    read: (offset: number, into: Uint8Array, signal?: AbortSignal) => {
      expect(Number.isSafeInteger(offset) && offset >= 0).toBe(true);
      return source.read(offset, into, signal);
    },
  };
  const partition = await openPartition(checked);
  for (const { name, shape } of partition.arrays) {
    const { data } = await readArray(partition, name);
    expect(data.length).toBe(shape.reduce((count, size) => count * size, 1));
  }
  for await (const { count } of streamBatches(partition, {
    arrays: partition.arrays.map(({ name }) => name),
    batchSize: 4,
  })) {
    expect(count).toBeLessThanOrEqual(4);
  }
}

describe('a damaged file', () => {
  it.each(subjects)('%s reads, or is refused with an error of our own, and never does anything else', async (name) => {
    const original = fixtureBytes(name);
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        try {
          await readWhole(damaged(original, change));
        } catch (error) {
          if (!(error instanceof MusterError)) throw error;
        }
      }),
      { numRuns: 250 },
    );
  });

  it('.safetensors likewise', async () => {
    const tensors = await readAll(await openFixture('all_dtypes.pt'));
    const contents = tensors.map((tensor, index) => tensorContent(`a${index}`, tensor));
    const original = await collect(writePartition('safetensors', contents).content);
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        try {
          await readWhole(damaged(original, change));
        } catch (error) {
          if (!(error instanceof MusterError)) throw error;
        }
      }),
      { numRuns: 250 },
    );
  });

  it('never passes for a good one when a bit of an array is wrong and the file has checksums', async () => {
    const original = fixtureBytes('dict_of_integers.pt');
    const [label, image] = await readAll(await openBytes(original));
    const starts = [label, image].map(({ data }) => ({
      at: original.indexOf(Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
      length: data.byteLength,
    }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.nat(10_000), async ({ at, length }, where) => {
        const copy = Buffer.from(original);
        copy[at + ((where % (length * 8)) >> 3)] ^= 1 << (where % 8);
        await expect(openBytes(copy).then(readAll)).rejects.toMatchObject({ code: 'PARTITION_CHECKSUM' });
      }),
      { numRuns: 100 },
    );
  });
});
