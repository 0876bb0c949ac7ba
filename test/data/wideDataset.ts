import { expect } from 'vitest';
import { type Batch, type Partition, tensorContent, writePartition } from '../../data/index.js';
import type { Tensor } from '../../run/tensor.js';
import { bitsOf, collect } from './fixtureFile.js';

export const samples = 1000;
export const image: Tensor = {
  dtype: 'float32',
  shape: [samples, 500],
  data: Float32Array.from({ length: samples * 500 }, (_, index) => Math.sin(index)),
};
export const label: Tensor = {
  dtype: 'float64',
  shape: [samples],
  data: Float64Array.from({ length: samples }, Math.sqrt),
};
export const weight: Tensor = { dtype: 'float32', shape: [samples], data: new Float32Array(samples).fill(0.5) };
/** A `.pt` of two million bytes of images, then labels and weights. */
export function wideFile(): Promise<Buffer> {
  const arrays = [image, label, weight].map((tensor, index) => tensorContent(`${index}`, tensor));
  return collect(writePartition('pt', arrays).content);
}

/** Batches put together again, array by array. */
export async function joined(partition: Partition, batches: AsyncIterable<Batch>): Promise<Record<string, string>> {
  const bits: Record<string, string> = {};
  for await (const { tensors } of batches) {
    for (const [name, tensor] of Object.entries(tensors)) {
      expect(tensor.dtype).toBe(partition.arrayNamed(name).dtype);
      bits[name] = (bits[name] ?? '') + bitsOf(tensor).bits;
    }
  }
  return bits;
}
