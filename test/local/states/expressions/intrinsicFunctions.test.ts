import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateFailure } from '../../../../local/states/errors.js';
import { intrinsicFunctions } from '../../../../local/states/expressions/intrinsicFunctions.js';
import { evaluateTemplate } from '../../../../local/states/expressions/payloadTemplate.js';
import type { Json } from '../../../../local/states/json.js';

const sources = { random: () => 0.5 };
const call = (name: string, ...args: Json[]): Json => intrinsicFunctions[name]!.apply(args, sources);
const evaluate = (text: string, input: Json = {}): Json =>
  (
    evaluateTemplate({ 'value.$': text }, { input, context: {}, variable: () => undefined, ...sources }) as {
      value: Json;
    }
  ).value;
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('intrinsic functions', () => {
  it.each<[string, Json, Json?]>([
    ["States.Format('Hello {}, {} of {}', $.name, 2, true)", 'Hello Ann, 2 of true', { name: 'Ann' }],
    ["States.Format('\\{\\} and \\'{}\\'', $.x)", "{} and '[1]'", { x: [1] }],
    ['States.StringToJson(\'\\{"a": [1]\\}\')', { a: [1] }],
    ['States.JsonToString($.x)', '{"a":1}', { x: { a: 1 } }],
    ["States.Array(1, 'b', $.x, null)", [1, 'b', [2], null], { x: [2] }],
    ['States.ArrayPartition($.x, 2)', [[1, 2], [3]], { x: [1, 2, 3] }],
    ['States.ArrayContains($.x, $.y)', true, { x: [1, { a: 1, b: 2 }], y: { b: 2, a: 1 } }],
    ['States.ArrayRange(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['States.ArrayRange(3, 1, -1)', [3, 2, 1]],
    ['States.ArrayGetItem($.x, 1)', null, { x: [1, null] }],
    ['States.ArrayLength($.x)', 3, { x: [1, 2, 3] }],
    ['States.ArrayUnique($.x)', [1, '1', { a: 1, b: 2 }], { x: [1, '1', 1, { a: 1, b: 2 }, { b: 2, a: 1 }] }],
    ["States.Base64Decode(States.Base64Encode('Grüße'))", 'Grüße'],
    ["States.Hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['States.JsonMerge($.a, $.b, false)', { a: { z: 1 }, c: 3 }, { a: { a: { y: 1 } }, b: { a: { z: 1 }, c: 3 } }],
    ['States.MathAdd($.x, -1)', 110, { x: 111 }],
    ["States.StringSplit('1,2;;3', ',;')", ['1', '2', '3']],
    ['States.MathRandom(1, 5)', 3],
  ])('%s gives %j', (text, expected, input) => {
    expect(evaluate(text, input)).toEqual(expected);
  });

  it('States.UUID gives a fresh version 4 each time', () => {
    const [first, second] = [evaluate('States.UUID()'), evaluate('States.UUID()')];
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first).not.toBe(second);
  });

  it.each([
    "States.Format('{} {}', 1)",
    "States.Format('{}', 1, 2)",
    "States.Format('{ x', 1)",
    "States.StringToJson('no json')",
    'States.ArrayRange(0, 5000, 1)',
    'States.ArrayRange(0, 5, 0)',
    'States.ArrayGetItem($.list, 9)',
    'States.ArrayPartition($.list, 0)',
    "States.Hash('x', 'CRC32')",
    'States.JsonMerge($, $, true)',
    "States.MathAdd('1', 2)",
    'States.MathRandom(5, 5)',
  ])('%s fails as an intrinsic', (text) => {
    expect(() => evaluate(text, { list: [1] })).toThrow(
      expect.objectContaining({ errorName: 'States.IntrinsicFailure' }),
    );
    expect(() => evaluate(text, { list: [1] })).toThrow(StateFailure);
  });

  it('States.MathRandom stays within its range and follows its seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer(),
        (low, width, seed) => {
          const value = call('States.MathRandom', low, low + width, seed);
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThan(low + width);
          expect(call('States.MathRandom', low, low + width, seed)).toBe(value);
        },
      ),
    );
  });

  it('partitions hold the array in order, all but the last full', () => {
    fc.assert(
      fc.property(fc.array(json), fc.integer({ min: 1, max: 7 }), (items, size) => {
        const parts = call('States.ArrayPartition', items, size) as Json[][];
        expect(parts.flat(1)).toEqual(items);
        expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true);
      }),
    );
  });

  it('JSON text, Base64 and uniqueness invert, or repeat, as they should', () => {
    fc.assert(
      fc.property(json, fc.string(), fc.array(json), (value, text, items) => {
        expect(call('States.StringToJson', call('States.JsonToString', value))).toEqual(value);
        expect(call('States.Base64Decode', call('States.Base64Encode', text))).toBe(text);
        const unique = call('States.ArrayUnique', items) as Json[];
        expect(call('States.ArrayUnique', unique)).toEqual(unique);
        expect(items.every((item) => call('States.ArrayContains', unique, item))).toBe(true);
      }),
    );
  });
});
