import { createHash, randomUUID } from 'node:crypto';
import { maximumPayloadBytes, parseJson } from '../json.js';
import { seededRandom } from './seededRandom.js';

const hashAlgorithms = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);
const longestRange = 1_000_000;

/** A function that every JSONata expression of a definition can call, with its JSONata signature. */
export interface JsonataFunction {
  name: string;
  signature: string;
  implementation(...args: unknown[]): unknown;
}

/** The functions that Step Functions adds to JSONata, and those of JSONata that it changes. `$random` is bound by the caller. */
export const jsonataFunctions: readonly JsonataFunction[] = [
  { name: 'partition', signature: '<an:a<a>>', implementation: partition },
  { name: 'range', signature: '<nnn:a<n>>', implementation: range },
  { name: 'hash', signature: '<xs:s>', implementation: hash },
  { name: 'uuid', signature: '<:s>', implementation: () => randomUUID() },
  { name: 'parse', signature: '<s:x>', implementation: (text: string) => parseJson(text) },
  { name: 'eval', signature: '<sx?:x>', implementation: refuseEval },
  { name: 'pad', signature: '<s-ns?:s>', implementation: pad },
];

/** `$random()` draws from `random`; `$random(seed)` gives the same number for the same seed. */
export function randomFunction(random: () => number): (seed?: unknown) => number {
  return (seed) => (typeof seed === 'number' ? seededRandom(seed)() : random());
}

function partition(items: unknown[], size: number): unknown[][] {
  const step = Math.trunc(size);
  if (step < 1) throw new RangeError(`$partition needs a size of 1 or more, got ${size}`);
  return Array.from({ length: Math.ceil(items.length / step) }, (_, index) =>
    items.slice(index * step, (index + 1) * step),
  );
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new RangeError('$range needs a step other than 0');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > longestRange) throw new RangeError(`$range gives ${longestRange} numbers at most, asked for ${length}`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(value: unknown, algorithm: string): string {
  const known = hashAlgorithms.get(algorithm);
  if (!known) throw new RangeError(`$hash knows ${[...hashAlgorithms.keys()].join(', ')}, not '${algorithm}'`);
  return createHash(known)
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex');
}

function refuseEval(): never {
  throw new RangeError('$eval is not supported by Step Functions; $parse reads JSON text');
}

/** As in JSONata, with a bound on the width. */
function pad(text: string | undefined, width: number, filler = ' '): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > maximumPayloadBytes) {
    throw new RangeError(`$pad makes ${maximumPayloadBytes} characters at most, asked for ${Math.abs(width)}`);
  }
  const missing = Math.max(0, Math.abs(width) - [...text].length);
  const padding = [...(filler || ' ').repeat(missing)].slice(0, missing).join('');
  return width < 0 ? padding + text : text + padding;
}
