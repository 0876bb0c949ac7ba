import { describe, expect, it } from 'vitest';
import { nonFiniteSamples } from '../../models/nonFiniteSamples.js';
import type { Tensor } from '../../run/tensor.js';

describe('nonFiniteSamples', () => {
  it('finds NaN and infinities in every floating dtype, each sample once', () => {
    const tensors: Tensor[] = [
      { dtype: 'float32', shape: [4, 2], data: Float32Array.of(0, 1, Number.NaN, Number.NaN, 2, 3, 4, 5) },
      { dtype: 'float64', shape: [4], data: Float64Array.of(0, Number.POSITIVE_INFINITY, 1, 2) },
      { dtype: 'float16', shape: [4], data: Uint16Array.of(0x7bff, 0, 0xfc00, 0) },
      { dtype: 'bfloat16', shape: [4], data: Uint16Array.of(0, 0x7f7f, 0, 0x7fc0) },
      { dtype: 'int64', shape: [4], data: BigInt64Array.of(1n, 2n, 3n, 4n) },
    ];
    expect(nonFiniteSamples(tensors)).toEqual([1, 2, 3]);
    expect(nonFiniteSamples(tensors.slice(4))).toEqual([]);
    expect(nonFiniteSamples([{ dtype: 'float32', shape: [0, 1], data: new Float32Array(0) }])).toEqual([]);
  });
});
