import type { Json } from '../json.js';
import { parseTimestamp } from './timestamp.js';

/** Type of the value that a comparison is made with. */
export type OperandType = 'string' | 'number' | 'boolean' | 'timestamp';

/** A comparison of a Choice rule. A value of another type than the operand compares as false, never as an error. */
export interface ChoiceOperator {
  operand: OperandType;
  /** Whether there is a twin whose name ends in `Path` and whose operand is a path. */
  hasPathForm: boolean;
  test(value: Json, operand: Json): boolean;
}

const orders = {
  Equals: (order: number) => order === 0,
  LessThan: (order: number) => order < 0,
  LessThanEquals: (order: number) => order <= 0,
  GreaterThan: (order: number) => order > 0,
  GreaterThanEquals: (order: number) => order >= 0,
} as const;

/** Numbers that JSON spells out of range, such as 1e999, are infinite here, and equal to one another. */
function compareNumbers(value: Json, operand: Json): number | undefined {
  return typeof value === 'number' && typeof operand === 'number' ? orderOf(value, operand) : undefined;
}

/** Compares by UTF-16 code units, as Java's `String.compareTo` does. */
function compareStrings(value: Json, operand: Json): number | undefined {
  return typeof value === 'string' && typeof operand === 'string' ? orderOf(value, operand) : undefined;
}

function orderOf<T extends number | string>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareTimestamps(value: Json, operand: Json): number | undefined {
  const [left, right] = [parseTimestamp(value), parseTimestamp(operand)];
  return left === undefined || right === undefined ? undefined : left - right;
}

function ordered(
  prefix: string,
  operand: OperandType,
  compare: (value: Json, operand: Json) => number | undefined,
): [string, ChoiceOperator][] {
  return Object.entries(orders).map(([name, accepts]) => {
    const test = (value: Json, other: Json) => {
      const order = compare(value, other);
      return order !== undefined && accepts(order);
    };
    return [`${prefix}${name}`, { operand, hasPathForm: true, test }];
  });
}

function typeTest(is: (value: Json) => boolean): ChoiceOperator {
  return { operand: 'boolean', hasPathForm: false, test: (value, wanted) => is(value) === wanted };
}

/** Every comparison by name, `IsPresent` apart: it alone may look at a field that is not there. */
export const choiceOperators: ReadonlyMap<string, ChoiceOperator> = new Map<string, ChoiceOperator>([
  ...ordered('String', 'string', compareStrings),
  ...ordered('Numeric', 'number', compareNumbers),
  ...ordered('Timestamp', 'timestamp', compareTimestamps),
  [
    'BooleanEquals',
    { operand: 'boolean', hasPathForm: true, test: (value, wanted) => typeof value === 'boolean' && value === wanted },
  ],
  [
    'StringMatches',
    { operand: 'string', hasPathForm: false, test: (value, pattern) => matchesWildcards(value, pattern) },
  ],
  ['IsNull', typeTest((value) => value === null)],
  ['IsNumeric', typeTest((value) => typeof value === 'number')],
  ['IsString', typeTest((value) => typeof value === 'string')],
  ['IsBoolean', typeTest((value) => typeof value === 'boolean')],
  ['IsTimestamp', typeTest((value) => parseTimestamp(value) !== undefined)],
]);

/** `*` stands for any characters, `\*` for a star and `\\` for a backslash; time is linear in value times pattern. */
function matchesWildcards(value: Json, pattern: Json): boolean {
  if (typeof value !== 'string' || typeof pattern !== 'string') return false;
  const pieces = splitAtStars(pattern);
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return value === first;
  const last = rest.pop() ?? '';
  if (!value.startsWith(first)) return false;
  let position = first.length;
  for (const piece of rest) {
    const found = value.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return value.length - last.length >= position && value.endsWith(last);
}

function splitAtStars(pattern: string): string[] {
  const pieces = [''];
  for (const token of pattern.match(/\\[*\\]|./gs) ?? []) {
    if (token === '*') pieces.push('');
    else pieces[pieces.length - 1] += token.length === 2 ? token[1] : token;
  }
  return pieces;
}
