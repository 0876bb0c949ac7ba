import { type FilterPredicate, parseFilter } from './filter.js';
import { Scanner } from './scanner.js';

/** Where a path starts: the state's input (`$`), the context object (`$$`) or a variable (`$name`). */
export type PathRoot = { kind: 'input' } | { kind: 'context' } | { kind: 'variable'; name: string };

/** One step of a path. */
export type PathSegment =
  | { kind: 'key'; key: string }
  | { kind: 'index'; index: number }
  | { kind: 'wildcard' }
  | { kind: 'descend' }
  | { kind: 'keys'; keys: string[] }
  | { kind: 'indexes'; indexes: number[] }
  | { kind: 'slice'; text: string }
  | { kind: 'filter'; matches: FilterPredicate };

/** A JSONPath of the States Language, parsed. */
export interface Path {
  text: string;
  root: PathRoot;
  segments: PathSegment[];
  /** Whether the path can select one place only; then its value stands by itself, otherwise in an array. */
  definite: boolean;
}

const identifier = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const dottedName = /[^\s.[\](),*?:'"`~^@$\\<>=!&|]+/uy;

/** Parses a path that stands alone. @throws ExpressionSyntaxError */
export function parsePath(text: string): Path {
  const scanner = new Scanner(text);
  const path = scanPath(scanner);
  if (!scanner.atEnd) scanner.fail('this is not part of a JSONPath; functions and scripts are not supported in a path');
  return path;
}

/** Parses a path inside a longer text, such as an argument of an intrinsic function. */
export function scanPath(scanner: Scanner): Path {
  const start = scanner.position;
  scanner.expect('$');
  const root = scanRoot(scanner);
  const segments = scanSegments(scanner);
  const definite = segments.every(({ kind }) => kind === 'key' || kind === 'index');
  return { text: scanner.text.slice(start, scanner.position), root, segments, definite };
}

function scanRoot(scanner: Scanner): PathRoot {
  if (scanner.takeText('$')) return { kind: 'context' };
  const name = scanner.take(identifier);
  return name === undefined ? { kind: 'input' } : { kind: 'variable', name };
}

/** Parses the steps that follow a root (`$`, or `@` in a filter). */
export function scanSegments(scanner: Scanner): PathSegment[] {
  const segments: PathSegment[] = [];
  for (;;) {
    if (scanner.takeText('..')) {
      segments.push({ kind: 'descend' });
      segments.push(scanner.text[scanner.position] === '[' ? scanBrackets(scanner) : scanName(scanner));
    } else if (scanner.takeText('.')) segments.push(scanName(scanner));
    else if (scanner.text[scanner.position] === '[') segments.push(scanBrackets(scanner));
    else return segments;
  }
}

function scanName(scanner: Scanner): PathSegment {
  if (scanner.takeText('*')) return { kind: 'wildcard' };
  const key = scanner.take(dottedName);
  if (key === undefined) scanner.fail('expected the name of a field');
  return { kind: 'key', key };
}

function scanBrackets(scanner: Scanner): PathSegment {
  scanner.expect('[');
  scanner.skipSpace();
  const segment = scanBracketContent(scanner);
  scanner.skipSpace();
  scanner.expect(']');
  return segment;
}

function scanBracketContent(scanner: Scanner): PathSegment {
  if (scanner.takeText('*')) return { kind: 'wildcard' };
  if (scanner.takeText('?')) return { kind: 'filter', matches: parseFilter(scanner) };
  const slice = scanner.take(/-?\d*\s*:\s*-?\d*(\s*:\s*[1-9]\d*)?/y);
  if (slice !== undefined) return { kind: 'slice', text: slice.replaceAll(/\s/g, '') };
  const quote = scanner.text[scanner.position];
  if (quote === "'" || quote === '"') {
    const keys = scanList(scanner, () => scanner.quoted(quote));
    return keys.length === 1 ? { kind: 'key', key: keys[0]! } : { kind: 'keys', keys };
  }
  const indexes = scanList(scanner, () => {
    const digits = scanner.take(/-?\d+/y);
    if (digits === undefined) scanner.fail("expected an index, a quoted name, a slice, '*' or a filter '?(...)'");
    return Number(digits);
  });
  return indexes.length === 1 ? { kind: 'index', index: indexes[0]! } : { kind: 'indexes', indexes };
}

function scanList<Item>(scanner: Scanner, scanItem: () => Item): Item[] {
  const items = [scanItem()];
  for (;;) {
    scanner.skipSpace();
    if (!scanner.takeText(',')) return items;
    scanner.skipSpace();
    items.push(scanItem());
  }
}
