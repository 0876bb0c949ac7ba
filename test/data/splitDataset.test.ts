import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTES_PER_MB, type DatasetPart, openPartition, splitDataset, tensorContent } from '../../data/index.js';
import { Partition } from '../../data/partition.js';
import { writePartition } from '../../data/write/partition.js';
import { elementCount, type Tensor } from '../../run/tensor.js';
import { datasetOf } from './arbitraryTensors.js';
import { bitsOf, collect, failureOf, openBytes, openFixture, readAll } from './fixtureFile.js';
import { RecordingSource } from './recordingSource.js';

async function allParts(parts: AsyncIterable<DatasetPart>): Promise<{ part: DatasetPart; bytes: Buffer }[]> {
  const all: { part: DatasetPart; bytes: Buffer }[] = [];
  for await (const part of parts) all.push({ part, bytes: await collect(part.content) });
  return all;
}

/** The bits of each array of several files, one file after the other. */
async function joinedBits(files: readonly Partition[]): Promise<string[]> {
  const perFile = await Promise.all(files.map(readAll));
  return (perFile[0] ?? []).map((_, index) => perFile.map((tensors) => bitsOf(tensors[index]).bits).join(''));
}

/** A file that only has headers. */
function outline(samples: number, ...types: ['float32' | 'float64', number[]][]): Partition {
  return new Partition(
    'outline',
    'pt',
    types.map(([dtype, sampleShape], index) => {
      const shape = [samples, ...sampleShape];
      const length = elementCount(shape) * (dtype === 'float32' ? 4 : 8);
      const source = { name: 'outline', size: length, read: () => Promise.reject(new Error('not to be read')) };
      const storage = { length, locate: async () => ({ kind: 'plain', source, offset: 0, length }) as const };
      const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
      return { name: `${index}`, dtype, shape, storage, offset: 0, strides, bigEndian: false };
    }),
  );
}

describe('the parts of a dataset', () => {
  it('one after the other are the dataset, from any number of files, in any format', async () => {
    await fc.assert(
      fc.asyncProperty(
        datasetOf(['float16', 'float32', 'float64', 'uint8', 'int16', 'int64', 'bool'], 12).filter(
          ([first]) => first.shape[0] > 0,
        ),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('pt', 'safetensors', 'npz'),
        fc.nat(12),
        async (tensors, samples, format, cut) => {
          const whole = await fileOf(tensors, 0, Number.POSITIVE_INFINITY);
          const files = [await fileOf(tensors, 0, cut), await fileOf(tensors, cut, Number.POSITIVE_INFINITY)];
          const parts = await allParts(splitDataset(files, { by: { samples }, format }));

          const total = whole.sampleCount;
          expect(parts.map(({ part }) => part.name)).toEqual(
            Array.from({ length: Math.ceil(total / samples) }, (_, index) => `${index + 1}.${format}`),
          );
          expect(parts.map(({ part }) => part.sampleRange.start)).toEqual(parts.map((_, index) => index * samples));
          expect(parts.every(({ part, bytes }) => bytes.length === part.byteLength)).toBe(true);
          const opened = await Promise.all(parts.map(({ bytes, part }) => openBytes(bytes, part.name)));
          expect(opened.map(({ sampleCount }) => sampleCount)).toEqual(parts.map(({ part }) => part.sampleCount));
          expect(await joinedBits(opened)).toEqual(await joinedBits([whole]));
        },
      ),
      { numRuns: 80 },
    );
  });

  it.each(['views.pt', 'compressed.npz', 'fortran.npz', 'big_endian.pt', 'deflated.pt', 'legacy_views.pt'])(
    'of %s are the dataset, however its arrays lie',
    async (name) => {
      const file = await openFixture(name);
      const parts = await allParts(splitDataset([file], { by: { samples: 4 }, format: 'safetensors' }));
      const opened = await Promise.all(parts.map(({ bytes }) => openBytes(bytes)));

      for (const { name: array } of file.arrays) {
        const of = async (partition: Partition) => {
          const index = partition.arrays.findIndex((one) => one.name === array);
          return bitsOf((await readAll(partition))[index]).bits;
        };
        expect((await Promise.all(opened.map(of))).join('')).toBe(await of(file));
      }
    },
  );

  it('can be written again when an upload failed in the middle', async () => {
    for await (const { content } of splitDataset([await openFixture('compressed.npz')], {
      by: { samples: 2 },
      format: 'pt',
    })) {
      const half = content[Symbol.asyncIterator]();
      await half.next();
      await half.return?.();
      expect(await collect(content)).toEqual(await collect(content));
    }
  });

  it('of 100 MB hold 5113 samples of float32 images and magnitudes and float64 redshifts', async () => {
    const survey = outline(20_000, ['float32', [5, 32, 32]], ['float32', [5]], ['float64', []]);
    const counts: number[] = [];
    for await (const part of splitDataset([survey], { by: { mb: 100 }, format: 'pt' })) counts.push(part.sampleCount);

    expect(counts).toEqual([5113, 5113, 5113, 4661]);
    expect(5113 * 20_508).toBeLessThanOrEqual(100 * BYTES_PER_MB);
  });

  it('may hold some of the arrays only', async () => {
    const file = await openFixture('dict_of_tensors.pt');
    const [{ bytes }] = await allParts(splitDataset([file], { by: { mb: 1 }, format: 'npz', arrays: ['redshifts'] }));

    expect((await openBytes(bytes)).arrays).toEqual([{ name: 'redshifts', dtype: 'float32', shape: [8] }]);
  });

  it('are read from the source only when they are written, and only their own bytes', async () => {
    const images: Tensor = { dtype: 'float32', shape: [1000, 500], data: new Float32Array(500_000) };
    const source = new RecordingSource(
      await collect(writePartition('safetensors', [tensorContent('x', images)]).content),
      'x.safetensors',
    );
    const file = await openPartition(source);
    const before = source.bytesRead;
    const parts: DatasetPart[] = [];
    for await (const part of splitDataset([file], { by: { samples: 100 }, format: 'npy' })) parts.push(part);

    expect(source.bytesRead).toBe(before);
    await collect(parts[5].content);
    expect(source.bytesRead - before).toBe(100 * 500 * 4);
  });
});

describe('a split that makes no sense is refused', () => {
  const one = outline(10, ['float32', [5]]);

  it.each([
    ['no files', [], { by: { samples: 1 }, format: 'pt' }, 'PARTITION_WRITE', /no dataset/],
    [
      'no samples',
      [outline(0, ['float32', [5]])],
      { by: { samples: 1 }, format: 'pt' },
      'PARTITION_WRITE',
      /no samples/,
    ],
    [
      'other types',
      [one, outline(10, ['float64', [5]])],
      { by: { samples: 1 }, format: 'pt' },
      'PARTITION_WRITE',
      /float64 of sample shape \(5\)/,
    ],
    [
      'other shapes',
      [one, outline(10, ['float32', [6]])],
      { by: { samples: 1 }, format: 'pt' },
      'PARTITION_WRITE',
      /sample shape \(6\)/,
    ],
    ['missing arrays', [one], { by: { samples: 1 }, format: 'pt', arrays: ['z'] }, 'ARRAY_NOT_FOUND', /"z"/],
    ['parts of half a sample', [one], { by: { samples: 0.5 }, format: 'pt' }, 'INVALID_DATA_OPTION', /samples is 0\.5/],
    ['parts smaller than a sample', [one], { by: { mb: 1e-6 }, format: 'pt' }, 'INVALID_DATA_OPTION', /takes 20 bytes/],
    ['parts of no size', [one], { by: { mb: Number.NaN }, format: 'pt' }, 'INVALID_DATA_OPTION', /mb is NaN/],
  ] as const)('%s', async (_, files, options, code, message) => {
    const failure = await failureOf(splitDataset(files, options).next());

    expect(failure).toMatchObject({ code });
    expect(String(failure)).toMatch(message);
  });
});

/** Some of the samples of a dataset as a file. */
async function fileOf(tensors: readonly Tensor[], from: number, to: number): Promise<Partition> {
  const contents = tensors.map((tensor, index) => {
    const perSample = elementCount(tensor.shape.slice(1));
    const end = Math.min(to, tensor.shape[0]);
    const start = Math.min(from, end);
    const data = tensor.data.slice(start * perSample, end * perSample);
    return tensorContent(`${index}`, { ...tensor, shape: [end - start, ...tensor.shape.slice(1)], data });
  });
  return openBytes(await collect(writePartition('safetensors', contents).content));
}
