import { describe, expect, it } from 'vitest';
import { parsePythonLiteral } from '../../data/numpy/pythonLiteral.js';
import { failureOf, openBytes } from './fixtureFile.js';

function npy(text: string, dataBytes: number, version = 1): Buffer {
  const prefix = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\x00`, 'latin1');
  return Buffer.concat([
    prefix,
    Buffer.of(text.length & 255, text.length >> 8),
    Buffer.from(text),
    Buffer.alloc(dataBytes),
  ]);
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('the header of an .npy', () => {
  it.each([
    ["'<f4'", '(2, 3)', 24, 'float32', [2, 3]],
    ["'>i2'", '(4,)', 8, 'int16', [4]],
    ["'|b1'", '()', 1, 'bool', []],
    ["'=u8'", '(1L,)', 8, 'uint64', [1]],
    ["'<f2'", '(0, 5)', 0, 'float16', [0, 5]],
  ])('%s %s is read', async (descr, shape, bytes, dtype, sizes) => {
    expect((await openBytes(npy(header(descr, shape), bytes))).arrays).toEqual([{ name: '0', dtype, shape: sizes }]);
  });

  it('may have its fields in any order and quotes of both kinds', async () => {
    const text = `{"shape": (2,), "descr": "<f4", "fortran_order": True}`;

    expect((await openBytes(npy(text, 8))).arrays[0].shape).toEqual([2]);
  });

  it.each([
    ['too little data', npy(header("'<f4'", '(3,)'), 8), 'PARTITION_TRUNCATED', /8 bytes of data .* expected 12/],
    ['too much data', npy(header("'<f4'", '(3,)'), 13), 'PARTITION_CORRUPT', /13 bytes of data/],
    [
      'a cut header',
      npy(header("'<f4'", '(3,)'), 0).subarray(0, 30),
      'PARTITION_TRUNCATED',
      /ends inside its own headers/,
    ],
    ['version 4', npy(header("'<f4'", '(3,)'), 12, 4), 'PARTITION_UNSUPPORTED', /version 4/],
    ['a negative size', npy(header("'<f4'", '(-3,)'), 12), 'PARTITION_CORRUPT', /axis length -3/],
    ['a size of text', npy(header("'<f4'", "('3',)"), 12), 'PARTITION_CORRUPT', /axis length 3/],
    ['too large a shape', npy(header("'<f4'", '(94906267, 94906267)'), 12), 'PARTITION_CORRUPT', /too large/],
    ['65 axes', npy(header("'<f4'", `(${'1, '.repeat(65)})`), 4), 'PARTITION_CORRUPT', /65 axes/],
    [
      'a missing field',
      npy("{'descr': '<f4', 'shape': (3,)}", 12),
      'PARTITION_CORRUPT',
      /descr, fortran_order and shape/,
    ],
    ['another field', npy(header("'<f4'", '(3,)').replace('}', "'x': 1}"), 12), 'PARTITION_CORRUPT', /descr/],
    ['code', npy("{'descr': __import__('os')}", 12), 'PARTITION_CORRUPT', /__import__/],
    ['no dict', npy('(1, 2)', 12), 'PARTITION_CORRUPT', /no dict/],
    ['objects', npy(header("'|O'", '(3,)'), 12), 'PARTITION_UNSUPPORTED', /Python objects/],
    ['records', npy(header("[('x', '<f4')]", '(3,)'), 12), 'PARTITION_UNSUPPORTED', /structured/],
    ['bfloat16 as raw bytes', npy(header("'|V2'", '(3,)'), 6), 'PARTITION_UNSUPPORTED', /'\|V2' \(raw records\)/],
  ])('with %s is refused', async (_, bytes, code, message) => {
    const failure = await failureOf(openBytes(bytes));

    expect(failure).toMatchObject({ code });
    expect(String(failure)).toMatch(message);
  });
});

describe('parsePythonLiteral', () => {
  it.each([
    '{',
    "{'a'}",
    "{'a': }",
    '(1 2)',
    '[1,,2]',
    "{'a': 1, 'a': 2}",
    '{1: 2}',
    '1 2',
    "'\\n'",
    '('.repeat(20),
    '',
  ])('refuses %j', (text) => {
    expect(() => parsePythonLiteral(text)).toThrow(SyntaxError);
  });
});
