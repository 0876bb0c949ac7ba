import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Batch, ChunkPool, openPartition, streamBatches } from '../../data/index.js';
import { bitsOf, namesOf, openBytes, openFixture, readAll } from './fixtureFile.js';
import { SyntheticNpy } from './recordingSource.js';
import { wideFile } from './wideDataset.js';

let file: Buffer;

beforeAll(async () => {
  file = await wideFile();
});

describe('in the memory of the caller', () => {
  it.each(['views.pt', 'all_dtypes.pt', 'deflated.pt', 'compressed.npz', 'fortran.npz', 'channels_last_strides.pt'])(
    'batches of %s are whole until they are released, in whichever order',
    async (name) => {
      const partition = await openFixture(name);
      const whole = await readAll(partition);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 9 }),
          fc.constantFrom(100, 1000),
          fc.constantFrom(1, 500, 100_000),
          fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
          async (batchSize, chunkBytes, limitBytes, order) => {
            const memory = new ChunkPool(limitBytes);
            const held: Batch[] = [];
            const release = (batch: Batch) => {
              whole.forEach((tensor, index) => {
                const { bits } = bitsOf(tensor);
                const perSample = bits.length / tensor.shape[0];
                const expected = bits.slice(batch.start * perSample, (batch.start + batch.count) * perSample);
                expect(bitsOf(batch.tensors[partition.arrays[index].name]).bits).toBe(expected);
              });
              batch.release();
            };
            const options = { arrays: namesOf(partition), batchSize, chunkBytes, memory };
            for await (const batch of streamBatches(partition, options)) {
              held.push(batch);
              if (held.length > 3) release(held.splice((order.pop() ?? 0) % held.length, 1)[0]);
            }
            held.forEach(release);
            expect(memory.takenBytes).toBe(0);
          },
        ),
        { numRuns: 10 },
      );
    },
  );

  it('a partition of any size takes no more than the limit and the batches that are looked at', async () => {
    const batchBytes = 64 * 1024;
    const limitBytes = 1024 * 1024;
    for (const mib of [4, 300]) {
      const partition = await openPartition(new SyntheticNpy(mib * 64, batchBytes / 4));
      const memory = new ChunkPool(limitBytes);
      const held: Batch[] = [];
      let mostHeld = 0;
      for await (const batch of streamBatches(partition, {
        arrays: namesOf(partition),
        batchSize: 4,
        memory,
        chunkBytes: 4 * batchBytes,
      })) {
        const [tensor] = Object.values(batch.tensors);
        expect(tensor.data[0]).toBe(SyntheticNpy.valueAt(batch.start));
        held.push(batch);
        if (held.length > 2) held.shift()?.release();
        mostHeld = Math.max(mostHeld, memory.heldBytes);
      }
      for (const batch of held) batch.release();
      expect(mostHeld).toBeLessThanOrEqual(limitBytes + 4 * batchBytes);
      expect(memory.takenBytes).toBe(0);
    }
  });

  it('a stream that is left gives all of it back, released or not', async () => {
    const memory = new ChunkPool(1_000_000);
    const partition = await openBytes(file);
    const batches = streamBatches(partition, { arrays: ['0', '1'], batchSize: 10, chunkBytes: 40_000, memory });
    const { value } = await batches.next();
    await batches.next();
    expect(memory.takenBytes).toBeGreaterThan(0);
    await batches.return();
    expect(memory.takenBytes).toBe(0);
    if (value) value.release();
    expect(memory.takenBytes).toBe(0);
  });

  it('a stream says when it has asked for everything', async () => {
    let isAllRequested = false;
    const memory = new ChunkPool(100_000);
    const options = { arrays: ['0'], batchSize: 10, chunkBytes: 40_000, memory };
    const seen: boolean[] = [];
    const allRequested = () => {
      isAllRequested = true;
    };
    for await (const batch of streamBatches(await openBytes(file), { ...options, allRequested })) {
      seen.push(isAllRequested);
      batch.release();
    }
    expect(seen.indexOf(true)).toBeGreaterThan(90);
    expect(seen.at(-1)).toBe(true);
  });
});
