import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ArrayContent,
  type EncodedFile,
  saveFile,
  tensorContent,
  writeNpy,
  writeNpz,
  writePartition,
  writePt,
  writeSafetensors,
} from '../../data/index.js';
import { PickleWriter } from '../../data/write/pickleWriter.js';
import type { Dtype } from '../../run/tensor.js';
import { datasetOf } from './arbitraryTensors.js';
import { bitsOf, collect, failureOf, fixtureBytes, openBytes, openFixture, readAll } from './fixtureFile.js';

const torchTypes: Dtype[] = [
  'float16',
  'bfloat16',
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'int32',
  'int64',
  'bool',
];
const label = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const;

/** Writes arrays under the given names, reads them again, and compares every bit. */
async function roundTrip(
  encoded: EncodedFile,
  arrays: readonly ArrayContent[],
  tensors: readonly Parameters<typeof bitsOf>[0][],
) {
  const bytes = await collect(encoded.content);
  expect(bytes).toHaveLength(encoded.byteLength);
  const partition = await openBytes(bytes);
  expect(new Map(partition.arrays.map((array) => [array.name, array.shape]))).toEqual(
    new Map(arrays.map(({ name, shape }) => [name, shape])),
  );
  for (const [index, tensor] of (await readAll(partition)).entries()) {
    const from = arrays.findIndex(({ name }) => name === partition.arrays[index].name);
    expect(bitsOf(tensor)).toEqual(bitsOf(tensors[from]));
  }
}

describe('what is written reads back', () => {
  const names = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), {
    minLength: 4,
    maxLength: 4,
  });

  it('as .pt, with any names', async () => {
    await fc.assert(
      fc.asyncProperty(
        datasetOf(torchTypes),
        names,
        fc.constantFrom(0, 300, 2 ** 32),
        async (tensors, keys, zip64From) => {
          const arrays = tensors.map((tensor, index) => tensorContent(keys[index], tensor));
          await roundTrip(writePt(arrays, { zip64From }), arrays, tensors);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('as .safetensors, with any names but the reserved one', async () => {
    await fc.assert(
      fc.asyncProperty(datasetOf(), names, async (tensors, keys) => {
        const arrays = tensors.map((tensor, index) => tensorContent(keys[index], tensor));
        await roundTrip(writeSafetensors(arrays, { made: 'by a test' }), arrays, tensors);
      }),
      { numRuns: 60 },
    );
  });

  it('as .npz and .npy', async () => {
    const numpyTypes = torchTypes.filter((dtype) => dtype !== 'bfloat16');
    await fc.assert(
      fc.asyncProperty(datasetOf([...numpyTypes, 'uint16', 'uint32', 'uint64']), async (tensors) => {
        const arrays = tensors.map((tensor, index) => tensorContent(`${index}`, tensor));
        await roundTrip(writeNpz(arrays), arrays, tensors);
        await roundTrip(writeNpy(arrays[0]), arrays.slice(0, 1), tensors);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a .pt that is written', () => {
  it('has what a real one has: the same pickle but for its memo, aligned storages, a version', async () => {
    const tensors = await readAll(await openFixture('plain_f32.pt'));
    const bytes = await collect(writePt(tensors.map((tensor, index) => tensorContent(`${index}`, tensor))).content);

    for (const part of [
      'ctorch.utils.data.dataset\nTensorDataset\n',
      'ctorch._utils\n_rebuild_tensor_v2\n',
      'ctorch\nFloatStorage\n',
      'ccollections\nOrderedDict\n',
    ]) {
      expect(fixtureBytes('plain_f32.pt').includes(part)).toBe(true);
      expect(bytes.includes(part)).toBe(true);
    }
    const image = bytes.indexOf(Buffer.from(tensors[0].data.buffer, tensors[0].data.byteOffset, 64));
    expect(image % 64).toBe(0);
    expect(bytes.includes('archive/version')).toBe(true);
  });

  it('is byte for byte the one that torch 1.13 was seen to load with equal tensors', async () => {
    const tensors = await readAll(await openFixture('pickle_protocol_4.pt'));
    const arrays = tensors.map((tensor, index) => tensorContent(`${index}`, tensor));

    expect((await collect(writePt(arrays).content)).equals(fixtureBytes('written_dataset.pt'))).toBe(true);
    const named = arrays.map((array, index) => ({ ...array, name: ['images', 'labels'][index] }));
    expect((await collect(writePt(named).content)).equals(fixtureBytes('written_dict.pt'))).toBe(true);
  });

  it('can be told to be a dict or a TensorDataset', async () => {
    const dict = await openBytes(await collect(writePt([tensorContent('0', label)], { container: 'dict' }).content));
    const dataset = await openBytes(
      await collect(writePt([tensorContent('z', label)], { container: 'tensorDataset' }).content),
    );

    expect(dict.arrays[0].name).toBe('0');
    expect(dataset.arrays[0].name).toBe('0');
  });

  it('may hold tensors of more than 2^31 elements', () => {
    const pickle = new PickleWriter().count(2 ** 31).finish();

    expect(pickle.toString('latin1')).toBe('\x80\x02\x8a\x08\x00\x00\x00\x80\x00\x00\x00\x00.');
  });
});

describe('what cannot be written is refused', () => {
  it.each([
    [
      'two arrays of one name',
      () => writeSafetensors([tensorContent('a', label), tensorContent('a', label)]),
      /Two arrays are called "a"/,
    ],
    [
      'a reserved name',
      () => writeSafetensors([tensorContent('__metadata__', label)]),
      /cannot be called "__metadata__"/,
    ],
    ['an empty name', () => writePt([tensorContent('', label)]), /cannot be called ""/],
    [
      'bfloat16 for NumPy',
      () => writeNpy({ ...tensorContent('x', label), dtype: 'bfloat16' }),
      /NumPy has no bfloat16/,
    ],
    ['uint16 for torch', () => writePt([{ ...tensorContent('x', label), dtype: 'uint16' }]), /no uint16/],
    [
      'two arrays as .npy',
      () => writePartition('npy', [tensorContent('a', label), tensorContent('b', label)]),
      /one array, not 2/,
    ],
    [
      'a shape that the data does not have',
      () => tensorContent('a', { ...label, shape: [3] }),
      /2 elements do not make the shape \(3\)/,
    ],
  ])('%s', (_, write, message) => {
    expect(write).toThrow(message);
    expect(write).toThrow(expect.objectContaining({ code: 'PARTITION_WRITE' }));
  });

  it.each([
    ['less', [Buffer.alloc(7)], /only 7 bytes instead of the 8/],
    ['more', [Buffer.alloc(5), Buffer.alloc(4)], /more bytes instead of the 8/],
  ])('%s content than the shape needs', async (_, content, message) => {
    const failure = await failureOf(collect(writePt([{ name: '0', dtype: 'float32', shape: [2], content }]).content));

    expect(failure).toMatchObject({ code: 'PARTITION_WRITE' });
    expect(String(failure)).toMatch(message);
  });
});

describe('saveFile', () => {
  it('leaves a whole file, or none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-data-'));
    try {
      const good = writeNpy(tensorContent('0', label));
      await saveFile(join(folder, '1.npy'), good);
      const short = { name: '0', dtype: 'float32', shape: [2], content: [Buffer.alloc(7)] } as const;
      const failure = await failureOf(saveFile(join(folder, '2.npy'), writeNpy(short)));

      expect(failure).toMatchObject({ code: 'PARTITION_WRITE' });
      expect(await readdir(folder)).toEqual(['1.npy']);
      expect(await readFile(join(folder, '1.npy'))).toEqual(await collect(good.content));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
