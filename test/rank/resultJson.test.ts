import { describe, expect, it } from 'vitest';
import { UnsavableResultError } from '../../rank/errors.js';
import { resultJson } from '../../rank/resultJson.js';

describe('resultJson', () => {
  it('writes typed arrays as numbers, wherever they are', () => {
    const value = { total: Float64Array.of(1.5, 2), nested: [{ counts: Int32Array.of(1, 2) }], text: 'kept' };
    expect(JSON.parse(resultJson('r', value))).toEqual({ total: [1.5, 2], nested: [{ counts: [1, 2] }], text: 'kept' });
  });

  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', { size: 1n }],
    ['64-bit integers', BigInt64Array.of(1n)],
  ])('refuses %s by the name of the result', (_, value) => {
    expect(() => resultJson('total.json', value)).toThrow(UnsavableResultError);
    expect(() => resultJson('total.json', value)).toThrow(/"total.json" cannot be saved as JSON/);
  });
});
