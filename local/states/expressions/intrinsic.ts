import { ExpressionSyntaxError } from '../errors.js';
import type { Json } from '../json.js';
import { intrinsicFunctions } from './intrinsicFunctions.js';
import { type Path, scanPath } from './path.js';
import { Scanner } from './scanner.js';

/** An argument of an intrinsic function. */
export type IntrinsicArgument =
  | { kind: 'literal'; value: Json }
  /** `text` keeps the backslashes that `value` has lost; the template of States.Format is read from it. */
  | { kind: 'string'; value: string; text: string }
  | { kind: 'path'; path: Path }
  | { kind: 'call'; call: IntrinsicCall };

/** A call of an intrinsic function such as `States.Format('{}', $.name)`, parsed. */
export interface IntrinsicCall {
  name: string;
  arguments: IntrinsicArgument[];
}

/** Calls nest to this depth at most, as in the service. */
const maximumDepth = 10;

/** Parses a call and checks that the function exists and takes that many arguments. @throws ExpressionSyntaxError */
export function parseIntrinsic(text: string): IntrinsicCall {
  const scanner = new Scanner(text.trim());
  const call = scanCall(scanner, 1);
  if (!scanner.atEnd) scanner.fail('expected nothing after the closing parenthesis');
  return call;
}

function scanCall(scanner: Scanner, depth: number): IntrinsicCall {
  if (depth > maximumDepth) scanner.fail(`intrinsic functions nest ${maximumDepth} deep at most`);
  const name = scanner.take(/States\.[A-Za-z0-9]+/y);
  if (name === undefined) scanner.fail('expected an intrinsic function, States.Name(...)');
  scanner.skipSpace();
  scanner.expect('(');
  const args = scanArguments(scanner, depth);
  checkCall(name, args.length, scanner);
  return { name, arguments: args };
}

function scanArguments(scanner: Scanner, depth: number): IntrinsicArgument[] {
  const args: IntrinsicArgument[] = [];
  scanner.skipSpace();
  if (scanner.takeText(')')) return args;
  for (;;) {
    scanner.skipSpace();
    args.push(scanArgument(scanner, depth));
    scanner.skipSpace();
    if (scanner.takeText(')')) return args;
    scanner.expect(',');
  }
}

function scanArgument(scanner: Scanner, depth: number): IntrinsicArgument {
  const next = scanner.text[scanner.position];
  if (next === "'") return scanString(scanner);
  if (next === '$') return { kind: 'path', path: scanPath(scanner) };
  if (next === 'S') return { kind: 'call', call: scanCall(scanner, depth + 1) };
  const word = scanner.take(/(true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?)(?=[\s,)])/y);
  if (word === undefined) {
    scanner.fail("expected a 'string', a number, true, false, null, a path or another intrinsic function");
  }
  return { kind: 'literal', value: JSON.parse(word) as boolean | null | number };
}

function scanString(scanner: Scanner): IntrinsicArgument {
  const start = scanner.position + 1;
  const value = scanner.quoted("'", (character) => {
    if (!"'{}\\".includes(character)) scanner.fail(`'\\${character}' is not an escape; known: \\' \\{ \\} \\\\`);
    return character;
  });
  return { kind: 'string', value, text: scanner.text.slice(start, scanner.position - 1) };
}

function checkCall(name: string, count: number, scanner: Scanner): void {
  const known = intrinsicFunctions[name];
  if (!known)
    scanner.fail(`there is no intrinsic function ${name}; known: ${Object.keys(intrinsicFunctions).join(', ')}`);
  const [least, most] = known.arity;
  if (count >= least && count <= most) return;
  const wanted =
    least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
  throw new ExpressionSyntaxError(`${name} takes ${wanted} arguments, got ${count} in '${scanner.text}'`);
}
