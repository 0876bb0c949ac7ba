import { createHash, randomUUID } from 'node:crypto';
import { StateFailure } from '../errors.js';
import { canonicalJson, isJsonObject, type Json, jsonEquals, parseJson, typeName } from '../json.js';
import { seededRandom } from './seededRandom.js';

/** What the functions that are not pure take from outside. */
export interface IntrinsicSources {
  /** Uniform in [0, 1). */
  random(): number;
}

/** An intrinsic function: how many arguments it takes, and what it does with them. */
export interface IntrinsicFunction {
  arity: readonly [least: number, most: number];
  /** @throws StateFailure States.IntrinsicFailure */
  apply(args: readonly Json[], sources: IntrinsicSources): Json;
}

const hashAlgorithms = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
} as const;
/** Strings to encode or hash are 10,000 characters long at most; a range has 1,000 elements at most. */
const longestString = 10_000;
const longestRange = 1_000;

/** Every intrinsic function of the States Language, by name. */
export const intrinsicFunctions: Readonly<Record<string, IntrinsicFunction>> = {
  'States.Format': {
    arity: [1, Number.POSITIVE_INFINITY],
    apply: ([template, ...values]) => format(text(template), values),
  },
  'States.StringToJson': { arity: [1, 1], apply: ([value]) => stringToJson(text(value)) },
  'States.JsonToString': { arity: [1, 1], apply: ([value]) => JSON.stringify(value) },
  'States.Array': { arity: [0, Number.POSITIVE_INFINITY], apply: (args) => [...args] },
  'States.ArrayPartition': { arity: [2, 2], apply: ([items, size]) => partition(array(items), positive(size)) },
  'States.ArrayContains': {
    arity: [2, 2],
    apply: ([items, wanted]) => array(items).some((item) => jsonEquals(item, wanted!)),
  },
  'States.ArrayRange': {
    arity: [3, 3],
    apply: ([first, last, step]) => range(integer(first), integer(last), integer(step)),
  },
  'States.ArrayGetItem': { arity: [2, 2], apply: ([items, index]) => itemAt(array(items), integer(index)) },
  'States.ArrayLength': { arity: [1, 1], apply: ([items]) => array(items).length },
  'States.ArrayUnique': { arity: [1, 1], apply: ([items]) => unique(array(items)) },
  'States.Base64Encode': { arity: [1, 1], apply: ([value]) => Buffer.from(shortText(value)).toString('base64') },
  'States.Base64Decode': {
    arity: [1, 1],
    apply: ([value]) => Buffer.from(shortText(value), 'base64').toString('utf8'),
  },
  'States.Hash': { arity: [2, 2], apply: ([value, algorithm]) => hash(value!, text(algorithm)) },
  'States.JsonMerge': { arity: [3, 3], apply: ([left, right, deep]) => merge(left!, right!, deep!) },
  'States.MathRandom': {
    arity: [2, 3],
    apply: ([low, high, seed], { random }) => randomInteger(integer(low), integer(high), seed, random),
  },
  'States.MathAdd': { arity: [2, 2], apply: ([left, right]) => integer(left) + integer(right) },
  'States.StringSplit': { arity: [2, 2], apply: ([value, separators]) => split(text(value), text(separators)) },
  'States.UUID': { arity: [0, 0], apply: () => randomUUID() },
};

function fail(reason: string): never {
  throw new StateFailure('States.IntrinsicFailure', reason);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : fail(`expected a string, got ${typeName(value)}`);
}

function shortText(value: Json | undefined): string {
  const string = text(value);
  return string.length <= longestString ? string : fail(`the string is longer than ${longestString} characters`);
}

function array(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : fail(`expected an array, got ${typeName(value)}`);
}

/** Fractions are rounded to the nearest integer, as the service does. */
function integer(value: Json | undefined): number {
  return typeof value === 'number' ? Math.round(value) : fail(`expected a number, got ${typeName(value)}`);
}

function positive(value: Json | undefined): number {
  const number = integer(value);
  return number > 0 ? number : fail(`expected a positive integer, got ${number}`);
}

/** Replaces each `{}` by the next value; `\{`, `\}`, `\'` and `\\` stand for the character itself. */
function format(template: string, values: readonly Json[]): string {
  let used = 0;
  const filled = template.replaceAll(/\\(.)|\{\}|[{}]/gsu, (token, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    if (token !== '{}')
      fail(`unmatched '${token}' in the template '${template}'; write \\${token} for the character itself`);
    if (used >= values.length) fail(`the template '${template}' has more {} than there are values (${values.length})`);
    const value = values[used++]!;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  return used === values.length
    ? filled
    : fail(`the template '${template}' has ${used} {} for ${values.length} values`);
}

function stringToJson(value: string): Json {
  try {
    return parseJson(value);
  } catch (error) {
    throw new StateFailure('States.IntrinsicFailure', `'${value.slice(0, 100)}' is not JSON`, error);
  }
}

function partition(items: readonly Json[], size: number): Json[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function range(first: number, last: number, step: number): Json[] {
  if (step === 0) fail('the step of a range cannot be 0');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > longestRange) fail(`a range has ${longestRange} elements at most, this one has ${length}`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function itemAt(items: readonly Json[], index: number): Json {
  return (
    items[index] ??
    (index >= 0 && index < items.length ? null : fail(`index ${index} is outside 0..${items.length - 1}`))
  );
}

function unique(items: readonly Json[]): Json[] {
  const first = new Map<string, Json>();
  for (const item of items) {
    const key = canonicalJson(item);
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

function hash(value: Json, algorithm: string): string {
  const known = Object.entries(hashAlgorithms).find(([name]) => name === algorithm)?.[1];
  if (!known) fail(`unknown hash algorithm '${algorithm}'; known: ${Object.keys(hashAlgorithms).join(', ')}`);
  return createHash(known)
    .update(typeof value === 'string' ? shortText(value) : JSON.stringify(value))
    .digest('hex');
}

function merge(left: Json, right: Json, deep: Json): Json {
  if (!isJsonObject(left) || !isJsonObject(right)) fail('the first two arguments must be objects');
  if (deep !== false) fail('only the shallow merge is supported: the third argument must be false');
  return Object.fromEntries([...Object.entries(left), ...Object.entries(right)]);
}

function randomInteger(low: number, high: number, seed: Json | undefined, random: () => number): number {
  if (high <= low) fail(`the end ${high} of the range must lie above its start ${low}`);
  const draw = seed === undefined ? random : seededRandom(integer(seed));
  return low + Math.floor(draw() * (high - low));
}

/** Splits at every one of the separator characters; empty pieces are dropped. */
function split(value: string, separators: string): Json[] {
  const set = new Set(separators);
  const pieces: string[] = [''];
  for (const character of value) {
    if (set.has(character)) pieces.push('');
    else pieces[pieces.length - 1] += character;
  }
  return pieces.filter((piece) => piece !== '');
}
