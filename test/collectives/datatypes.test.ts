import { describe, expect, it } from 'vitest';
import { type Data, decode, decodeLike, encode, MAX_JSON_BYTES } from '../../collectives/datatypes.js';
import { DataMismatchError, UnsupportedDataError } from '../../collectives/errors.js';
import { operators } from '../../collectives/namedOperators.js';

function roundTrip(data: Data): Data {
  const { datatype, bytes } = encode(data);
  return decode({ datatype, bytes: new Uint8Array(bytes) });
}

describe('data', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, -0, null, true, '', 'ä€😀', [1, [null]], { a: { b: [] } }])(
    'keeps %s',
    (value) => expect(roundTrip(value)).toEqual(value),
  );

  it('keeps a Buffer a Buffer and a Uint8Array a Uint8Array', () => {
    expect(Buffer.isBuffer(roundTrip(Buffer.from('x')))).toBe(true);
    expect(Buffer.isBuffer(roundTrip(Uint8Array.of(1)))).toBe(false);
  });

  it('sends only the part that a view shows', () => {
    expect(roundTrip(new Float32Array(Float32Array.of(1, 2, 3, 4).buffer, 4, 2))).toEqual(Float32Array.of(2, 3));
  });

  it('reads arrays that do not lie on their boundary', () => {
    const { datatype, bytes } = encode(Float64Array.of(1.5, -2.5));
    const shifted = new Uint8Array(17);
    shifted.set(bytes, 1);
    expect(decode({ datatype, bytes: shifted.subarray(1) })).toEqual(Float64Array.of(1.5, -2.5));
  });

  // As untyped callers may pass it.
  const odd = (value: unknown): Data => value as Data;

  it.each([
    ['what JSON would drop', odd({ a: undefined })],
    ['what JSON would change', odd([Number.NaN])],
    ['a date', odd(new Date(0))],
    ['a bigint', odd(1n)],
    ['a circle', odd(circle())],
    ['a clamped array', odd(new Uint8ClampedArray(1))],
    ['a DataView', odd(new DataView(new ArrayBuffer(1)))],
    ['JSON that is not small', odd('x'.repeat(MAX_JSON_BYTES))],
  ])('refuses %s', (_name, value) => {
    expect(() => encode(value)).toThrow(UnsupportedDataError);
  });

  it('refuses bytes that are not what they are said to be', () => {
    expect(() => decode({ datatype: 7, bytes: new Uint8Array(5) })).toThrow(/Float32Array/);
    expect(() => decode({ datatype: 99, bytes: new Uint8Array(5) })).toThrow(/datatype 99 of 5 bytes/);
    expect(() => decode({ datatype: 34, bytes: new Uint8Array(5) })).toThrow(DataMismatchError);
    expect(() => decodeLike(encode(Int32Array.of(1)), Float32Array.of(1), 3)).toThrow(/Rank 3 brought Int32Array\(1\)/);
  });
});

describe('operators', () => {
  it('wrap integers around as C does', () => {
    const product = Int32Array.of(0);
    operators.prod.combine(Int32Array.of(479001600), Int32Array.of(13), product);
    expect(product[0]).toBe(1932053504);
    const unsigned = Uint32Array.of(0);
    operators.prod.combine(Uint32Array.of(0xffff_ffff), Uint32Array.of(0xffff_fffd), unsigned);
    expect(unsigned[0]).toBe(3);
    const bytes = Int8Array.of(0);
    operators.sum.combine(Int8Array.of(127), Int8Array.of(1), bytes);
    expect(bytes[0]).toBe(-128);
    const wide = BigInt64Array.of(0n);
    operators.sum.combine(BigInt64Array.of(2n ** 63n - 1n), BigInt64Array.of(1n), wide);
    expect(wide[0]).toBe(-(2n ** 63n));
  });

  it('take NaN into the minimum and the maximum', () => {
    const into = Float32Array.of(0);
    for (const operator of [operators.min, operators.max]) {
      operator.combine(Float32Array.of(Number.NaN), Float32Array.of(1), into);
      expect(into[0]).toBeNaN();
    }
  });
});

function circle(): unknown {
  const ring: unknown[] = [];
  ring.push(ring);
  return ring;
}
