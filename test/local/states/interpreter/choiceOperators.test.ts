import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choiceOperators } from '../../../../local/states/interpreter/choiceOperators.js';
import { choiceRuleApplies } from '../../../../local/states/interpreter/choiceRule.js';
import type { Json, JsonObject } from '../../../../local/states/json.js';

const test = (name: string, value: Json, operand: Json) => choiceOperators.get(name)!.test(value, operand);
const timestamp = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

describe('ordered comparisons', () => {
  it.each<[string, fc.Arbitrary<Json>]>([
    ['Numeric', fc.double({ noNaN: true })],
    ['String', fc.string()],
    ['Timestamp', timestamp],
  ])('of %s agree with one another', (kind, values) => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const [less, equal, greater] = ['LessThan', 'Equals', 'GreaterThan'].map((name) =>
          test(`${kind}${name}`, left, right),
        );
        expect([less, equal, greater].filter(Boolean)).toHaveLength(1);
        expect(test(`${kind}LessThanEquals`, left, right)).toBe(less || equal);
        expect(test(`${kind}GreaterThanEquals`, left, right)).toBe(greater || equal);
        expect(test(`${kind}GreaterThan`, right, left)).toBe(less);
      }),
    );
  });

  it('take numbers beyond the range of a double for equal', () => {
    const [huge, alsoHuge] = [JSON.parse('1e999'), JSON.parse('2e999')];
    expect(test('NumericEquals', huge, alsoHuge)).toBe(true);
    expect(test('NumericLessThanEquals', huge, alsoHuge)).toBe(true);
    expect(test('NumericGreaterThan', huge, 1)).toBe(true);
  });

  it('of another type are false, never an error', () => {
    for (const [name, { operand }] of choiceOperators) {
      if (name.startsWith('Is')) continue;
      expect(test(name, { an: 'object' }, operand === 'boolean' ? true : 'x')).toBe(false);
    }
  });

  it('compare timestamps by the moment, whatever their zone', () => {
    expect(test('TimestampEquals', '2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00Z')).toBe(true);
    expect(test('TimestampEquals', '2026-01-31', '2026-01-31')).toBe(false);
  });
});

describe('StringMatches', () => {
  it.each<[string, string, boolean]>([
    ['log-1.txt', 'log-*.txt', true],
    ['log-.txt', 'log-*.txt', true],
    ['alog-1.txt', 'log-*.txt', false],
    ['a*b', 'a\\*b', true],
    ['axb', 'a\\*b', false],
    ['a\\b', 'a\\\\b', true],
    ['aXbXc', '*X*X*', true],
    ['aXc', '*X*X*', false],
    ['ab', 'ab*b', false],
    ['line\nbreak', 'line*', true],
  ])('%j against %j is %j', (value, pattern, expected) => {
    expect(test('StringMatches', value, pattern)).toBe(expected);
  });

  it('takes a text apart at any place', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (head, middle, tail) => {
        const literal = (text: string) => text.replaceAll(/[*\\]/g, '\\$&');
        expect(test('StringMatches', head + middle + tail, `${literal(head)}*${literal(tail)}`)).toBe(true);
      }),
    );
  });
});

describe('rules', () => {
  const scope = { input: { n: 5, none: null, other: 5 }, context: {}, variable: () => undefined };
  const applies = (rule: JsonObject) => choiceRuleApplies(rule, scope);

  it('join by And, Or and Not', () => {
    const [yes, no] = [
      { Variable: '$.n', NumericEquals: 5 },
      { Variable: '$.n', NumericEquals: 6 },
    ];
    expect(applies({ And: [yes, { Not: no }] })).toBe(true);
    expect(applies({ And: [yes, no] })).toBe(false);
    expect(applies({ Or: [no, yes] })).toBe(true);
    expect(applies({ Or: [no, { Not: yes }] })).toBe(false);
  });

  it('test presence and type', () => {
    expect(applies({ Variable: '$.absent', IsPresent: false })).toBe(true);
    expect(applies({ Variable: '$.none', IsPresent: true })).toBe(true);
    expect(applies({ Variable: '$.none', IsNull: true })).toBe(true);
    expect(applies({ Variable: '$.n', IsNumeric: true })).toBe(true);
    expect(applies({ Variable: '$.n', IsString: true })).toBe(false);
    expect(applies({ Variable: '$.n', IsBoolean: false })).toBe(true);
    expect(applies({ Variable: '$.n', IsTimestamp: false })).toBe(true);
  });

  it('compare with the value at a path', () => {
    expect(applies({ Variable: '$.n', NumericEqualsPath: '$.other' })).toBe(true);
    expect(applies({ Variable: '$.n', NumericLessThanPath: '$.other' })).toBe(false);
  });

  it('fail on a path that leads nowhere', () => {
    expect(() => applies({ Variable: '$.absent', NumericEquals: 1 })).toThrow(
      expect.objectContaining({ errorName: 'States.Runtime' }),
    );
    expect(() => applies({ Variable: '$.n', NumericEqualsPath: '$.absent' })).toThrow('$.absent');
  });
});
