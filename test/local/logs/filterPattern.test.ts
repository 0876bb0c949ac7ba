import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidParameterError } from '../../../local/logs/errors.js';
import { compileFilterPattern } from '../../../local/logs/filter/filterPattern.js';

describe('text patterns', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['', ['anything', ''], []],
    ['ERROR', ['an ERROR here'], ['an error here']],
    ['ERROR memory', ['memory ERROR'], ['ERROR', 'memory']],
    ['"INTERNAL SERVER ERROR"', ['x INTERNAL SERVER ERROR y'], ['INTERNAL ERROR SERVER']],
    ['"a \\"b\\""', ['a "b"'], ['a b']],
    ['ERROR -EXITING', ['ERROR 1'], ['ERROR EXITING']],
    ['-EXITING', ['ERROR 1'], ['EXITING']],
    ['?ERROR ?WARN', ['ERROR', 'a WARN'], ['INFO']],
    ['REPORT ?x', ['REPORT'], ['x']],
    ['-"two words" one', ['one'], ['one two words']],
    ['%rank [0-9]+%', ['rank 12'], ['rank x']],
    ['path/to:file.ts@v1', ['at path/to:file.ts@v1'], ['path']],
  ])('%s', (pattern, matching, others) => {
    const matches = compileFilterPattern(pattern);
    for (const message of matching) expect([message, matches(message)]).toEqual([message, true]);
    for (const message of others) expect([message, matches(message)]).toEqual([message, false]);
  });
});

describe('JSON patterns', () => {
  const document = JSON.stringify({
    level: 'ERROR',
    rank: 3,
    ok: true,
    nothing: null,
    tags: ['a', 'b'],
    user: { name: 'Ann Other', 'odd key': 1 },
    ratio: 0.5,
  });
  test.each([
    ['{ $.level = "ERROR" }', true],
    ['{ $.level = ERROR }', true],
    ['{ $.level = ERR* }', true],
    ['{ $.level = "*ROR" }', true],
    ['{ $.level = INFO }', false],
    ['{ $.level != INFO }', true],
    ['{ $.absent != INFO }', false],
    ['{ $.rank = 3 }', true],
    ['{ $.rank != 3 }', false],
    ['{ $.rank > 2 && $.rank <= 3 }', true],
    ['{ $.rank < 3 || $.ratio >= 0.5 }', true],
    ['{ ($.rank < 3 || $.level = ERROR) && $.ok IS TRUE }', true],
    ['{ $.rank < 3 || $.level = ERROR && $.ok IS FALSE }', false],
    ['{ $.nothing IS NULL }', true],
    ['{ $.absent IS NULL }', false],
    ['{ $.absent NOT EXISTS }', true],
    ['{ $.rank NOT EXISTS }', false],
    ['{ $.tags[1] = b }', true],
    ['{ $.user.name = "Ann O*" }', true],
    ['{ $.user["odd key"] = 1 }', true],
    ["{ $['user'].name = %^Ann% }", true],
    ['{ $.rank = 1e0 }', false],
  ])('%s', (pattern, expected) => {
    expect(compileFilterPattern(pattern)(document)).toBe(expected);
    expect(compileFilterPattern(pattern)('not JSON')).toBe(false);
  });
});

test.each([
  '[ip, user]',
  'two&three',
  '"unterminated',
  '{ $.a }',
  '{ $.a = }',
  '{ $.a = 1',
  '{ $.a = 1 } x',
  '{ a = 1 }',
  '{ $.a > text }',
  '{ $.a IS MAYBE }',
  '{ $.a = 1 && }',
  '%[%',
])('%s is an error that names it', (pattern) => {
  expect(() => compileFilterPattern(pattern)).toThrow(InvalidParameterError);
  expect(() => compileFilterPattern(pattern)).toThrow(pattern);
});

test('any quoted phrase finds itself', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (phrase, before, after) => {
      fc.pre(phrase.trim() !== '');
      const pattern = `"${phrase.replace(/["\\]/g, '\\$&')}"`;
      expect(compileFilterPattern(pattern)(before + phrase + after)).toBe(true);
    }),
  );
});
