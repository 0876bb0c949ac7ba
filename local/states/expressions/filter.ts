import type { Json } from '../json.js';
import { isJsonObject, jsonEquals } from '../json.js';
import { type PathSegment, scanSegments } from './path.js';
import type { Scanner } from './scanner.js';

/*
 * Filters of a path, `[?(@.price > 10 && @.kind == 'book')]`: comparisons of fields and literals joined by `&&`, `||`,
 * `!` and parentheses. They are parsed into closures over data; nothing of a definition is ever run as a program.
 */

/** Tells whether an element passes a filter. */
export type FilterPredicate = (element: Json) => boolean;

/** A side of a comparison: undefined where the field is absent. */
type Operand = (element: Json) => Json | undefined;

/** Parses `(...)` after the `?` of a filter. @throws ExpressionSyntaxError */
export function parseFilter(scanner: Scanner): FilterPredicate {
  scanner.skipSpace();
  scanner.expect('(');
  const predicate = scanOr(scanner);
  scanner.skipSpace();
  scanner.expect(')');
  return predicate;
}

function scanOr(scanner: Scanner): FilterPredicate {
  let left = scanAnd(scanner);
  for (;;) {
    scanner.skipSpace();
    if (!scanner.takeText('||')) return left;
    const [first, second] = [left, scanAnd(scanner)];
    left = (element) => first(element) || second(element);
  }
}

function scanAnd(scanner: Scanner): FilterPredicate {
  let left = scanNot(scanner);
  for (;;) {
    scanner.skipSpace();
    if (!scanner.takeText('&&')) return left;
    const [first, second] = [left, scanNot(scanner)];
    left = (element) => first(element) && second(element);
  }
}

function scanNot(scanner: Scanner): FilterPredicate {
  scanner.skipSpace();
  if (scanner.take(/!(?!=)/y) !== undefined) {
    const inner = scanNot(scanner);
    return (element) => !inner(element);
  }
  if (scanner.text[scanner.position] === '(') return parseFilter(scanner);
  return scanComparison(scanner);
}

function scanComparison(scanner: Scanner): FilterPredicate {
  const left = scanOperand(scanner);
  scanner.skipSpace();
  const operator = scanner.take(/==|!=|<=|>=|<|>/y);
  if (operator === undefined) {
    if (left.literal) scanner.fail('expected a comparison: ==, !=, <, <=, > or >=');
    return (element) => left.value(element) !== undefined;
  }
  scanner.skipSpace();
  const right = scanOperand(scanner);
  const compare = comparisons[operator]!;
  return (element) => compare(left.value(element), right.value(element));
}

function scanOperand(scanner: Scanner): { literal: boolean; value: Operand } {
  if (scanner.takeText('@')) {
    const segments = scanSegments(scanner);
    return { literal: false, value: (element) => follow(segments, element, scanner) };
  }
  const quote = scanner.text[scanner.position];
  if (quote === "'" || quote === '"') return literal(scanner.quoted(quote));
  const word = scanner.take(/true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?/y);
  if (word === undefined) scanner.fail("expected a field '@.name', a quoted string, a number, true, false or null");
  return literal(JSON.parse(word) as boolean | null | number);
}

function literal(value: Json): { literal: boolean; value: Operand } {
  return { literal: true, value: () => value };
}

function follow(segments: readonly PathSegment[], element: Json, scanner: Scanner): Json | undefined {
  let value: Json | undefined = element;
  for (const segment of segments) {
    if (segment.kind === 'key')
      value = isJsonObject(value) && Object.hasOwn(value, segment.key) ? value[segment.key] : undefined;
    else if (segment.kind === 'index') value = Array.isArray(value) ? value.at(segment.index) : undefined;
    else scanner.fail('a filter compares single fields: no wildcards, slices or filters inside');
    if (value === undefined) return undefined;
  }
  return value;
}

function ordered(test: (order: number) => boolean): (left: Json | undefined, right: Json | undefined) => boolean {
  return (left, right) => {
    const comparable =
      (typeof left === 'number' && typeof right === 'number') ||
      (typeof left === 'string' && typeof right === 'string');
    return comparable && test(left < right ? -1 : left > right ? 1 : 0);
  };
}

function equal(left: Json | undefined, right: Json | undefined): boolean {
  return left !== undefined && right !== undefined && jsonEquals(left, right);
}

const comparisons: Readonly<Record<string, (left: Json | undefined, right: Json | undefined) => boolean>> = {
  '==': equal,
  '!=': (left, right) => !equal(left, right),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};
