import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { castTensor } from '../../data/index.js';
import { BFLOAT16, encodeSmallFloat, FLOAT16, float16ToFloat32Bits, type SmallFloat } from '../../data/smallFloats.js';
import { typedView } from '../../data/storedArray.js';
import { bytesPerElement, type Dtype, type Tensor } from '../../run/tensor.js';

function tensor(dtype: Dtype, values: readonly (number | bigint)[], shared = false): Tensor {
  const byteLength = values.length * bytesPerElement[dtype];
  const buffer = shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength);
  const data = typedView(dtype, buffer, 0, values.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.set(values.map(BigInt));
  else data.set(values.map(Number));
  return { dtype, shape: [values.length], data };
}

const cast = (from: Dtype, values: readonly (number | bigint)[], to: Dtype) => [
  ...castTensor(tensor(from, values), to).data,
];

const float32Of = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0];

/** The value of a 16-bit pattern, by the definition of the format. */
function decode(bits: number, { fractionBits, minExponent, infinity }: SmallFloat): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const magnitude = bits & 0x7fff;
  if (magnitude > infinity) return Number.NaN;
  if (magnitude === infinity) return sign * Number.POSITIVE_INFINITY;
  const exponent = magnitude >> fractionBits;
  const fraction = magnitude & (2 ** fractionBits - 1);
  const units = exponent === 0 ? fraction : fraction + 2 ** fractionBits;
  return sign * units * 2 ** (Math.max(exponent, 1) - 1 + minExponent - fractionBits);
}

/** The nearest pattern by search among all of them, ties to the even one. */
function nearest(value: number, format: SmallFloat): number {
  const magnitude = Math.abs(value);
  // One more step above the largest value stands for infinity, as rounding sees it.
  const valueAt = (bits: number): number =>
    bits === format.infinity ? 2 * decode(bits - 1, format) - decode(bits - 2, format) : decode(bits, format);
  let low = 0;
  let high: number = format.infinity;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - valueAt(low);
  const above = valueAt(high) - magnitude;
  const bits = below < above || (below === above && low % 2 === 0) ? low : high;
  return bits | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

describe.each([
  ['float16', FLOAT16],
  ['bfloat16', BFLOAT16],
] as const)('%s', (dtype, format) => {
  it('widens every bit pattern to its value', () => {
    const patterns = Array.from({ length: 0x10000 }, (_, bits) => bits);
    const { data } = castTensor(tensor(dtype, patterns), 'float32');

    expect(patterns.filter((bits) => !Object.is(Number(data[bits]), decode(bits, format)))).toEqual([]);
  });

  it('comes back from float32 as it was, NaN as NaN', () => {
    const patterns = Array.from({ length: 0x10000 }, (_, bits) => bits);
    const back = castTensor(castTensor(tensor(dtype, patterns), 'float32'), dtype).data;

    const wrong = patterns.filter((bits) =>
      (bits & 0x7fff) > format.infinity ? (Number(back[bits]) & 0x7fff) <= format.infinity : back[bits] !== bits,
    );
    expect(wrong).toEqual([]);
  });

  it('rounds any double once, to the nearest, ties to even', () => {
    const boundary = fc
      .tuple(
        fc.integer({ min: 0, max: format.infinity - 1 }),
        fc.constantFrom(0, 0.25, 0.5, 0.75),
        fc.constantFrom(-1, 0, 1),
      )
      .map(([bits, part, nudge]) => {
        const step = decode(bits + 1, format);
        const from = decode(bits, format);
        const value = from + (Number.isFinite(step) ? step - from : from - decode(bits - 1, format)) * part;
        return value * (1 + nudge * Number.EPSILON);
      });
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true }), boundary), fc.boolean(), (value, negative) => {
        const signed = negative ? -value : value;
        expect(encodeSmallFloat(signed, format)).toBe(nearest(signed, format));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('castTensor', () => {
  it('gives a tensor of the right type back as it is', () => {
    const same = tensor('float32', [1]);

    expect(castTensor(same, 'float32')).toBe(same);
  });

  it('keeps shape, and sharing with threads', () => {
    const made = castTensor({ ...tensor('float64', [1, 2], true), shape: [2, 1] }, 'float32');

    expect(made.shape).toEqual([2, 1]);
    expect(made.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(castTensor(tensor('float64', [1]), 'float32').data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('rounds float64 to float32 like Math.fround', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        expect(cast('float64', values, 'float32')).toEqual(values.map(Math.fround));
      }),
    );
  });

  it('does not round float64 twice on the way to float16', () => {
    // Just above the tie between 1 and 1 + 2^-10, by less than float32 can show.
    expect(cast('float64', [1 + 2 ** -11 + 2 ** -40], 'float16')).toEqual([0x3c01]);
  });

  it.each(['int64', 'uint64'] as const)('rounds %s to float32 once', (dtype) => {
    const [min, max] = dtype === 'int64' ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
    const tie = fc
      .tuple(fc.integer({ min: 2 ** 23, max: 2 ** 24 - 1 }), fc.integer({ min: 1, max: 39 }), fc.bigInt(-1n, 1n))
      .map(([kept, shift, nudge]) => (BigInt(kept) << BigInt(shift)) + (1n << BigInt(shift - 1)) + nudge)
      .filter((value) => value <= max);
    fc.assert(
      fc.property(fc.oneof(fc.bigInt(min, max), tie), (value) => {
        const [actual] = cast(dtype, [value], 'float32');
        const neighbours = [actual, ...neighboursOf(Number(actual))].map((candidate) => {
          const distance = BigInt(candidate) - value;
          return distance < 0n ? -distance : distance;
        });
        expect(neighbours.every((distance) => distance >= neighbours[0])).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('breaks ties of large integers to even', () => {
    expect(cast('int64', [2n ** 60n + 2n ** 36n, 2n ** 60n + 3n * 2n ** 36n], 'float32')).toEqual([
      2 ** 60,
      2 ** 60 + 2 ** 38,
    ]);
    expect(cast('int64', [2n ** 60n + 2n ** 36n + 1n], 'float32')).toEqual([2 ** 60 + 2 ** 37]);
    expect(cast('int64', [-(2n ** 60n + 2n ** 36n + 1n)], 'float32')).toEqual([-(2 ** 60 + 2 ** 37)]);
  });

  it.each<[Dtype, (number | bigint)[], Dtype, (number | bigint)[]]>([
    ['uint8', [0, 255], 'float32', [0, 255]],
    ['bool', [0, 1], 'float32', [0, 1]],
    ['int8', [-128, 127], 'int64', [-128n, 127n]],
    ['int64', [-5n, 2n ** 31n - 1n], 'int32', [-5, 2 ** 31 - 1]],
    ['uint64', [2n ** 63n - 1n], 'int64', [2n ** 63n - 1n]],
    ['bool', [0, 1], 'int64', [0n, 1n]],
    ['int32', [16777217], 'float64', [16777217]],
    ['int64', [2n ** 53n + 1n], 'float64', [2 ** 53]],
    ['float32', [-0], 'float64', [-0]],
    ['int32', [65519, 65520], 'float16', [0x7bff, 0x7c00]],
  ])('casts exact values, case %#', (from, values, to, expected) => {
    expect(cast(from, values, to)).toEqual(expected);
  });

  it.each<[Dtype, (number | bigint)[], Dtype, RegExp]>([
    ['float32', [1], 'int64', /float32 to int64/],
    ['float16', [1], 'uint8', /float16 to uint8/],
    ['uint8', [1], 'bool', /uint8 to bool/],
    ['int64', [1n, 2n ** 31n], 'int32', /int64 to int32: element 1 is 2147483648/],
    ['int8', [-1], 'uint64', /element 0 is -1/],
  ])('refuses what does not fit, case %#', (from, values, to, message) => {
    expect(() => cast(from, values, to)).toThrow(expect.objectContaining({ code: 'CAST_UNSUPPORTED' }));
    expect(() => cast(from, values, to)).toThrow(message);
  });

  it('keeps the payload of a NaN, quietened, when it widens half', () => {
    expect(float16ToFloat32Bits(0xfd55)).toBe(0xffeaa000);
    expect(float32Of(float16ToFloat32Bits(0x7e00))).toBeNaN();
  });
});

/** The float32 values next to one. */
function neighboursOf(value: number): number[] {
  const bits = new Int32Array(Float32Array.of(value).buffer)[0];
  if ((bits & 0x7fffffff) === 0) return [1];
  return [bits - 1, bits + 1].map((pattern) => float32Of(pattern >>> 0)).filter(Number.isInteger);
}
