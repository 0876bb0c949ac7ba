import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Batch, streamBatches, tensorContent } from '../../data/index.js';
import { writePartition } from '../../data/write/partition.js';
import { datasetOf } from './arbitraryTensors.js';
import { bitsOf, collect, namesOf, openBytes, openFixture, readAll } from './fixtureFile.js';
import { joined, samples, wideFile } from './wideDataset.js';

let file: Buffer;

beforeAll(async () => {
  file = await wideFile();
});

describe('batches', () => {
  it('come in order, the last one shorter, as views of buffers that threads can share', async () => {
    const partition = await openBytes(file);
    const batches: Batch[] = [];
    for await (const batch of streamBatches(partition, { arrays: ['0', '1'], batchSize: 300 })) batches.push(batch);

    expect(batches.map(({ start, count }) => [start, count])).toEqual([
      [0, 300],
      [300, 300],
      [600, 300],
      [900, 100],
    ]);
    expect(batches.map(({ tensors }) => tensors['0'].shape)).toEqual([
      [300, 500],
      [300, 500],
      [300, 500],
      [100, 500],
    ]);
    const buffers = new Set(batches.map(({ tensors }) => tensors['0'].data.buffer));
    expect(buffers.size).toBe(1);
    const [buffer] = buffers;
    expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(buffer.byteLength).toBe(samples * 500 * 4);
  });

  it('lie in a plain buffer where that is asked for', async () => {
    const partition = await openBytes(file);
    for await (const { tensors } of streamBatches(partition, { arrays: ['1'], batchSize: 600, shared: false })) {
      expect(tensors['1'].data.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  it('of no samples are none', async () => {
    const partition = await openFixture('empty.pt');

    expect(await streamBatches(partition, { arrays: ['0', '1', '2'], batchSize: 8 }).next()).toEqual({ done: true });
  });

  it.each([
    'views.pt',
    'all_dtypes.pt',
    'big_endian.pt',
    'deflated.pt',
    'compressed.npz',
    'fortran.npz',
    'channels_last_strides.pt',
    'zero_width.pt',
    'npy_fortran_i16_big.npy',
  ])('of %s are the whole arrays, whatever the batch, the range and the pieces that are read', async (name) => {
    const partition = await openFixture(name);
    const whole = await readAll(partition);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: partition.sampleCount }),
        fc.integer({ min: 0, max: partition.sampleCount }),
        fc.constantFrom(16, 40, 100, 1000, 10_000),
        fc.constantFrom(1, 200, 100_000),
        async (batchSize, one, other, chunkBytes, bytesInFlight) => {
          const [start, end] = [Math.min(one, other), Math.max(one, other)];
          const options = { arrays: namesOf(partition), batchSize, chunkBytes, bytesInFlight };
          const range = { start, count: end - start };
          const bits = await joined(partition, streamBatches(partition, { ...options, samples: range }));

          whole.forEach((tensor, index) => {
            const hexPerSample = bitsOf(tensor).bits.length / tensor.shape[0];
            const expected = bitsOf(tensor).bits.slice(start * hexPerSample, end * hexPerSample);
            expect(bits[partition.arrays[index].name] ?? '').toBe(expected);
          });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('of any dataset in any format are the dataset', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('pt', 'safetensors', 'npz'),
        datasetOf(['float16', 'float32', 'float64', 'uint8', 'int16', 'int64', 'bool']),
        fc.integer({ min: 1, max: 5 }),
        async (format, tensors, batchSize) => {
          const contents = tensors.map((tensor, index) => tensorContent(`${index}`, tensor));
          const partition = await openBytes(await collect(writePartition(format, contents).content));
          const bits = await joined(partition, streamBatches(partition, { arrays: namesOf(partition), batchSize }));
          tensors.forEach((tensor, index) => {
            expect(bits[index] ?? '').toBe(bitsOf(tensor).bits);
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});
