import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Batch,
  ChunkPool,
  openPartition,
  type Partition,
  streamBatches,
  tensorContent,
} from '../../data/index.js';
import { writePartition } from '../../data/write/partition.js';
import { datasetOf } from './arbitraryTensors.js';
import { bitsOf, collect, failureOf, openBytes, openFixture, readAll } from './fixtureFile.js';
import { GatedSource, SyntheticNpy } from './recordingSource.js';
import { joined, label, samples, weight, wideFile } from './wideDataset.js';

let file: Buffer;

beforeAll(async () => {
  file = await wideFile();
});

const namesOf = (partition: Partition): string[] => partition.arrays.map(({ name }) => name);

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

describe('while bytes are on the way', () => {
  // Samples that lie in neither of the ends that opening has fetched.
  const range = { start: 100, count: 700 };
  const options = { arrays: ['0'], batchSize: 10, chunkBytes: 40_000, bytesInFlight: 400_000, samples: range };

  async function gated() {
    const source = new GatedSource(file);
    const partition = await openPartition(source);
    source.close();
    return { source, partition };
  }

  it('a batch is handed out when its own have arrived', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, options);
    const first = batches.next();
    await requested(source);
    await source.pending[0].arrive();
    const { value } = await first;

    expect(value).toMatchObject({ start: 100, count: 10 });
    expect(source.pending.length).toBeGreaterThan(5);
    await batches.return();
  });

  it('no more than the window is asked for, however long the consumer takes', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, options);
    const first = batches.next();
    await requested(source);
    expect(source.bytesPending).toBe(400_000);

    await Promise.all([...source.pending].map((read) => read.arrive()));
    await first;
    expect(source.bytesPending).toBe(0);

    // Each piece holds two batches; the window moves by one piece when the consumer is done with its first.
    const pending: number[] = [];
    for (let batch = 2; batch <= 5; batch++) {
      await batches.next();
      pending.push(source.bytesPending);
    }
    expect(pending).toEqual([40_000, 40_000, 80_000, 80_000]);
    await batches.return();
  });

  it('a batch larger than the window still comes', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, { ...options, batchSize: 300, bytesInFlight: 1 });
    const first = batches.next();
    for (let arrived = 0; arrived < 15; arrived++) {
      await requested(source);
      expect(source.pending).toHaveLength(1);
      await source.pending[0].arrive();
    }

    expect((await first).value).toMatchObject({ count: 300 });
    await batches.return();
  });

  it('leaving the loop gives up what is on the way, before the loop is left', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, options);
    const first = batches.next();
    await requested(source);
    await source.pending[0].arrive();
    await first;
    await batches.return();

    expect(source.pending).toHaveLength(0);
  });

  it('an abort ends the stream with its reason and leaves nothing on the way', async () => {
    const { source, partition } = await gated();
    const controller = new AbortController();
    const first = failureOf(streamBatches(partition, { ...options, signal: controller.signal }).next());
    await requested(source);
    const reason = new Error('deadline');
    controller.abort(reason);

    expect(await first).toBe(reason);
    expect(source.pending).toHaveLength(0);
  });

  it('a failure ends the stream at once, with the failure itself, whichever piece it hit', async () => {
    const { source, partition } = await gated();
    const first = failureOf(streamBatches(partition, options).next());
    await requested(source);
    const failure = new Error('connection lost');
    source.pending[4].fail(failure);

    expect(await first).toBe(failure);
    expect(source.pending).toHaveLength(0);
  });

  /** Resolves when the source has been asked for something; the event loop turns, no clock is involved. */
  async function requested(source: GatedSource): Promise<void> {
    while (source.pending.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('a selection', () => {
  it('that is not there is refused with all that is missing and all there is', async () => {
    const failure = await failureOf(
      streamBatches(await openFixture('dict_of_tensors.pt'), { arrays: ['image', 'z'], batchSize: 1 }).next(),
    );

    expect(failure).toMatchObject({ code: 'ARRAY_NOT_FOUND' });
    expect(String(failure)).toMatch(/"image", "z"; it holds "images", "magnitudes", "redshifts"/);
  });

  it('of arrays of different length names them; one of them alone is fine', async () => {
    const bytes = await collect(
      writePartition('npz', [tensorContent('a', label), tensorContent('b', { ...weight, shape: [10, 100] })]).content,
    );
    const partition = await openBytes(bytes);

    const failure = await failureOf(streamBatches(partition, { arrays: ['a', 'b'], batchSize: 1 }).next());
    expect(failure).toMatchObject({ code: 'SAMPLE_COUNT_MISMATCH' });
    expect(String(failure)).toMatch(/"a" has shape \(1000\), "b" has shape \(10, 100\)/);
    expect(partition.sampleCountOf(['b'])).toBe(10);
  });

  it('with impossible options is refused with every fault', async () => {
    const partition = await openBytes(file);
    const options = { arrays: ['0', '0'], batchSize: 0, bytesInFlight: 0.5, samples: { start: 999, count: 2 } };
    const failure = await failureOf(streamBatches(partition, options).next());

    expect(failure).toMatchObject({ code: 'INVALID_DATA_OPTION' });
    expect(String(failure)).toMatch(/twice.*batchSize is 0.*bytesInFlight is 0\.5.*samples 999 to 1000/);
  });

  it('with batches larger than a buffer can be is refused before anything is allocated; smaller ones come', async () => {
    const size = 5 * 2 ** 30;
    const head = Buffer.from(`{"x":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]}}`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(head.length));
    const start = Buffer.concat([length, head]);
    const partition = await openPartition({
      name: 'huge.safetensors',
      size: start.length + size,
      read: async (offset, into) => into.set(start.subarray(offset, offset + into.length)),
    });

    const failure = await failureOf(streamBatches(partition, { arrays: ['x'], batchSize: size }).next());
    expect(failure).toMatchObject({ code: 'ARRAY_TOO_LARGE' });
    const batches = streamBatches(partition, { arrays: ['x'], batchSize: 1000 });
    expect((await batches.next()).value).toMatchObject({ start: 0, count: 1000 });
    await batches.return();
    const range = { start: size - 3, count: 3 };
    const part = await streamBatches(partition, { arrays: ['x'], batchSize: 8, samples: range }).next();
    expect(part.value).toMatchObject({ start: size - 3, count: 3 });
  });
});
