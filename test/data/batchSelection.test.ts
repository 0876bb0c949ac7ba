import { beforeAll, describe, expect, it } from 'vitest';
import { openPartition, streamBatches, tensorContent } from '../../data/index.js';
import { writePartition } from '../../data/write/partition.js';
import { collect, failureOf, openBytes, openFixture } from './fixtureFile.js';
import { label, weight, wideFile } from './wideDataset.js';

let file: Buffer;

beforeAll(async () => {
  file = await wideFile();
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
