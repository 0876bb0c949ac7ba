import { describe, expect, it } from 'vitest';
import { duplicateKeys } from '../../data/safetensors/headerJson.js';
import { failureOf, openBytes, readAll } from './fixtureFile.js';

function file(header: string, data: Buffer | number = 16): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), typeof data === 'number' ? Buffer.alloc(data) : data]);
}

const a = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
const b = '"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}';

describe('a .safetensors file', () => {
  it('reads in the order of its data, padded header, metadata and scalars included', async () => {
    const scalar = '"s":{"dtype":"F64","shape":[],"data_offsets":[16,24]}';
    const data = Buffer.alloc(24);
    data.writeFloatLE(1.5, 4);
    data.writeBigInt64LE(-7n, 8);
    data.writeDoubleLE(0.25, 16);

    const partition = await openBytes(file(`{"__metadata__":{"format":"pt"},${scalar},${b},${a}}   `, data));

    expect(partition.format).toBe('safetensors');
    expect(await readAll(partition)).toEqual([
      { dtype: 'float32', shape: [2], data: Float32Array.of(0, 1.5) },
      { dtype: 'int64', shape: [1], data: BigInt64Array.of(-7n) },
      { dtype: 'float64', shape: [], data: Float64Array.of(0.25) },
    ]);
  });

  it('reads empty tensors and names that are special to JavaScript', async () => {
    const empty = '"__proto__":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}';

    const partition = await openBytes(file(`{${empty}}`, 0));

    expect(partition.arrays).toEqual([{ name: '__proto__', dtype: 'float32', shape: [0, 3] }]);
    expect((await readAll(partition))[0].data).toHaveLength(0);
  });

  it.each([
    ['a hole', file(`{${a},${b.replace('[8,16]', '[9,17]')}}`, 17), 'PARTITION_CORRUPT', /from data byte 9 on/],
    ['an overlap', file(`{${a},${b.replace('[8,16]', '[4,12]')}}`), 'PARTITION_CORRUPT', /from data byte 4 on/],
    ['bytes after the last tensor', file(`{${a}}`, 9), 'PARTITION_CORRUPT', /1 bytes after the last tensor/],
    ['missing data', file(`{${a}}`, 7), 'PARTITION_TRUNCATED', /7 bytes of data .* expected 8/],
    ['a cut header', file(`{${a}}`).subarray(0, 20), 'PARTITION_TRUNCATED', /the whole header/],
    [
      'a wrong size',
      file('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', 8),
      'PARTITION_CORRUPT',
      /12 bytes/,
    ],
    ['offsets that run backwards', file(`{${a.replace('[0,8]', '[8,0]')}}`, 8), 'PARTITION_CORRUPT', /8 to 0/],
    ['sizes that overflow', file(`{${a.replace('[2]', '[94906267,94906267]')}}`, 8), 'PARTITION_CORRUPT', /too large/],
    ['a negative size', file(`{${a.replace('[2]', '[-2]')}}`, 8), 'PARTITION_CORRUPT', /tensor "a"/],
    [
      'an unknown field',
      file(`{${a.replace('"dtype"', '"x":1,"dtype"')}}`, 8),
      'PARTITION_CORRUPT',
      /Unrecognized key/,
    ],
    ['an unknown type', file(`{${a.replace('F32', 'F8_E4M3')}}`, 8), 'PARTITION_UNSUPPORTED', /"a" of dtype F8_E4M3/],
    ['a name twice', file(`{${a},${a}}`, 8), 'PARTITION_CORRUPT', /the name "a" twice/],
    ['metadata that is no text', file(`{"__metadata__":{"n":1},${a}}`, 8), 'PARTITION_CORRUPT', /__metadata__/],
    ['no JSON', file('{"a":', 8), 'PARTITION_CORRUPT', /no JSON/],
    [
      'a huge header',
      Buffer.concat([Buffer.from('ff'.repeat(8), 'hex'), Buffer.from('{}')]),
      'PARTITION_CORRUPT',
      /at most 100000000/,
    ],
  ])('with %s is refused', async (_, bytes, code, message) => {
    const failure = await failureOf(openBytes(bytes));

    expect(failure).toMatchObject({ code });
    expect(String(failure)).toMatch(message);
  });
});

describe('duplicateKeys', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1, "a" : 2}', ['a']],
    [String.raw`{"\u0061":1,"a":2}`, ['a']],
    [String.raw`{"a\"":[{"x":"}"}],"a":"a","b":"\\"}`, []],
    ['{}', []],
  ])('of %s are %j', (text, expected) => {
    expect(duplicateKeys(text)).toEqual(expected);
  });
});
