import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castTensor, tensorContent, writeNpy } from '../../data/index.js';
import { type PairedFiles, readPairs } from '../../job/predictionPairs.js';
import type { Dtype, Tensor } from '../../run/tensor.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

async function put(key: string, tensor: Tensor): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writeNpy(tensorContent(key, tensor)).content) pieces.push(piece.slice());
  await s3.store().put(s3.bucket, key, Buffer.concat(pieces));
  return key;
}

const float64 = (values: number[], shape = [values.length]): Tensor => ({
  dtype: 'float64',
  shape,
  data: Float64Array.from(values),
});

async function files(name: string, predicted: Tensor, truth: Tensor): Promise<PairedFiles> {
  const [predictionsKey, labelsKey] = [
    await put(`${name}/predictions.npy`, predicted),
    await put(`${name}/labels.npy`, truth),
  ];
  return { predictionsKey, labelsKey, samples: truth.shape[0] };
}

describe('readPairs', () => {
  it('keeps the pairs that count for the quality, in partition order', async () => {
    const first = await files('a', float64([1, Number.NaN, 3]), float64([1, 2, 3.5]));
    const second = await files('b', float64([4, 5]), float64([-1, 6]));
    const pairs = await readPairs(s3.store(), s3.bucket, [first, second]);
    expect([...(pairs?.predicted ?? [])]).toEqual([1, 3, 5]);
    expect([...(pairs?.truth ?? [])]).toEqual([1, 3.5, 6]);
  });

  it.each<Dtype>(['float16', 'float32', 'int8', 'int64', 'uint8'])(
    'reads %s as the numbers that they are',
    async (dtype) => {
      const integers: Tensor = { dtype: 'int32', shape: [3], data: Int32Array.of(1, 2, 3) };
      const values = await files(dtype, castTensor(integers, dtype), castTensor(integers, dtype));
      const pairs = await readPairs(s3.store(), s3.bucket, [values]);
      expect([...(pairs?.predicted ?? [])]).toEqual([1, 2, 3]);
      expect([...(pairs?.truth ?? [])]).toEqual([1, 2, 3]);
    },
  );

  it('pairs nothing when a model says several numbers a sample', async () => {
    const wide = await files('wide', float64([1, 2, 3, 4], [2, 2]), float64([1, 2]));
    expect(await readPairs(s3.store(), s3.bucket, [wide])).toBeUndefined();
  });

  it('leaves more samples than memory may hold to the sums of the ranks', async () => {
    const some = await files('many', float64([1, 2, 3]), float64([1, 2, 3]));
    expect(await readPairs(s3.store(), s3.bucket, [some], 2)).toBeUndefined();
    expect(await readPairs(s3.store(), s3.bucket, [some], 3)).toBeDefined();
  });
});
