import { z } from 'zod';
import { messageOf } from '../run/errors.js';
import type { Message } from './channel.js';
import { DataMismatchError, UnsupportedDataError } from './errors.js';

export type BigIntArray = BigInt64Array | BigUint64Array;
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Arrays that can be reduced. */
export type NumericArray = NumberArray | BigIntArray;

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** What can be sent. A Buffer arrives as a Buffer, a typed array as one of its own type. */
export type Data = NumericArray | Buffer | JsonValue;

/** Longest JSON text, UTF-8 bytes; for more, send a typed array or a Buffer. */
export const MAX_JSON_BYTES = 1_048_576;

type Reader = (buffer: ArrayBufferLike, offset: number, length: number) => NumericArray;

interface ArrayType {
  readonly code: number;
  /** The class, by whose identity an array is recognised: its name is far slower to look up. */
  readonly arrayClass: { readonly name: string };
  readonly bytesPerElement: number;
  readonly read: Reader;
}

// The codes travel on the wire: never renumber them.
const arrayTypes: readonly ArrayType[] = [
  { code: 1, arrayClass: Int8Array, bytesPerElement: 1, read: (b, o, n) => new Int8Array(b, o, n) },
  { code: 2, arrayClass: Uint8Array, bytesPerElement: 1, read: (b, o, n) => new Uint8Array(b, o, n) },
  { code: 3, arrayClass: Int16Array, bytesPerElement: 2, read: (b, o, n) => new Int16Array(b, o, n) },
  { code: 4, arrayClass: Uint16Array, bytesPerElement: 2, read: (b, o, n) => new Uint16Array(b, o, n) },
  { code: 5, arrayClass: Int32Array, bytesPerElement: 4, read: (b, o, n) => new Int32Array(b, o, n) },
  { code: 6, arrayClass: Uint32Array, bytesPerElement: 4, read: (b, o, n) => new Uint32Array(b, o, n) },
  { code: 7, arrayClass: Float32Array, bytesPerElement: 4, read: (b, o, n) => new Float32Array(b, o, n) },
  { code: 8, arrayClass: Float64Array, bytesPerElement: 8, read: (b, o, n) => new Float64Array(b, o, n) },
  { code: 9, arrayClass: BigInt64Array, bytesPerElement: 8, read: (b, o, n) => new BigInt64Array(b, o, n) },
  { code: 10, arrayClass: BigUint64Array, bytesPerElement: 8, read: (b, o, n) => new BigUint64Array(b, o, n) },
];
const BUFFER = 32;
const JSON_TEXT = 33;
/** A number by itself, as 8 bytes, so that NaN and the infinities survive. */
const NUMBER = 34;

const typeByClass = new Map<unknown, ArrayType>(arrayTypes.map((type) => [type.arrayClass, type]));
const typeByCode = new Map(arrayTypes.map((type) => [type.code, type]));
const jsonSchema = z.json();

/**
 * The message that carries `data`; its bytes are those of `data`, not a copy.
 *
 * @throws UnsupportedDataError
 */
export function encode(data: Data): Message {
  if (Buffer.isBuffer(data)) return { datatype: BUFFER, bytes: data };
  if (ArrayBuffer.isView(data)) return encodeArray(data);
  if (typeof data === 'number') return { datatype: NUMBER, bytes: bytesOf(Float64Array.of(data)) };
  return { datatype: JSON_TEXT, bytes: encodeJson(data) };
}

/** @throws UnsupportedDataError when the array is of another type than `NumericArray` allows. */
export function encodeArray(array: NumericArray): Message {
  return { datatype: typeOf(array).code, bytes: bytesOf(array) };
}

/**
 * What a message that has arrived carries, in the memory of the message.
 *
 * @throws DataMismatchError when the bytes are not what their datatype says.
 */
export function decode({ datatype, bytes }: Message): Data {
  if (datatype === BUFFER) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datatype === JSON_TEXT) return decodeJson(bytes);
  if (datatype === NUMBER && bytes.byteLength === 8)
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  const array = decodeArray({ datatype, bytes });
  if (array) return array;
  throw new DataMismatchError(undefined, 'data of a known type', describe({ datatype, bytes }));
}

/**
 * The array that rank `from` sent, of the same type and length as `like`.
 *
 * @throws DataMismatchError
 */
export function decodeLike(message: Message, like: NumericArray, from: number): NumericArray {
  const array = decodeArray(message);
  if (array && array.constructor === like.constructor && array.length === like.length) return array;
  throw new DataMismatchError(from, `${typeOf(like).arrayClass.name}(${like.length})`, describe(message));
}

/** An array of the type of `like` in memory of its own that holds anything. */
export function allocateLike(like: NumericArray, length: number): NumericArray {
  const { bytesPerElement, read } = typeOf(like);
  const bytes = Buffer.allocUnsafeSlow(length * bytesPerElement);
  return read(bytes.buffer, bytes.byteOffset, length);
}

/** A copy of an array, of the same type: in `into` if that is given, else in memory of its own. */
export function copyOf(array: NumericArray, into?: NumericArray): NumericArray {
  const copy = into ?? allocateLike(array, array.length);
  copyInto(copy, array);
  return copy;
}

/** Copies between arrays of one type and length. */
export function copyInto(into: NumericArray, from: NumericArray): void {
  bytesOf(into).set(bytesOf(from));
}

/** The bytes of a view, not a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function isBigIntArray(array: NumericArray): array is BigIntArray {
  return array instanceof BigInt64Array || array instanceof BigUint64Array;
}

/** Whether an array is of the type of another. */
export function isOfType<A extends NumericArray>(array: NumericArray, like: A): array is A {
  return array.constructor === like.constructor;
}

function typeOf(array: ArrayBufferView): ArrayType {
  const type = typeByClass.get(array.constructor);
  if (!type) throw new UnsupportedDataError(`${array.constructor.name} is not a type that every rank can read`);
  return type;
}

function decodeArray({ datatype, bytes }: Message): NumericArray | undefined {
  const type = typeByCode.get(datatype);
  if (!type || bytes.byteLength % type.bytesPerElement !== 0) return undefined;
  const aligned = bytes.byteOffset % type.bytesPerElement === 0 ? bytes : new Uint8Array(bytes);
  return type.read(aligned.buffer, aligned.byteOffset, bytes.byteLength / type.bytesPerElement);
}

function describe({ datatype, bytes }: Message): string {
  const type = typeByCode.get(datatype);
  if (type) return `${type.arrayClass.name}(${bytes.byteLength / type.bytesPerElement})`;
  const names: Readonly<Record<number, string>> = { [BUFFER]: 'a Buffer', [JSON_TEXT]: 'JSON', [NUMBER]: 'a number' };
  return `${names[datatype] ?? `datatype ${datatype}`} of ${bytes.byteLength} bytes`;
}

function encodeJson(value: JsonValue): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new UnsupportedDataError(messageOf(error));
  }
  // What JSON would drop or change without a word (undefined, NaN, dates, maps) is refused.
  const checked = jsonSchema.safeParse(value);
  if (text === undefined || !checked.success) throw new UnsupportedDataError('it is not a JSON value');
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_JSON_BYTES) {
    throw new UnsupportedDataError(`its JSON has ${bytes.length} bytes, the limit is ${MAX_JSON_BYTES}`);
  }
  return bytes;
}

function decodeJson(bytes: Uint8Array): JsonValue {
  const parsed = jsonSchema.safeParse(JSON.parse(Buffer.from(bytes).toString()));
  if (!parsed.success) throw new DataMismatchError(undefined, 'JSON', 'something else');
  return parsed.data;
}
