import { elementCount, type Tensor } from '../../run/tensor.js';
import { PartitionWriteError } from '../errors.js';
import { type ArrayInfo, byteLengthOf } from '../storedArray.js';

/** An array that is to be written. */
export interface ArrayContent extends ArrayInfo {
  /** Its elements, dense, row-major and little-endian, in pieces of any length; can be iterated more than once. */
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A file that is to be written: its length is known before its bytes are. */
export interface EncodedFile {
  readonly byteLength: number;
  /** Can be iterated more than once, e.g. when an upload is tried again. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** A tensor in memory as an array to be written. */
export function tensorContent(name: string, tensor: Tensor): ArrayContent {
  const { dtype, shape, data } = tensor;
  if (elementCount(shape) !== data.length) {
    throw new PartitionWriteError(
      `Array ${JSON.stringify(name)}: ${data.length} elements do not make the shape (${shape.join(', ')}).`,
    );
  }
  return { name, dtype, shape, content: [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] };
}

/** The pieces of an array, after checking that they add up to what its shape needs. */
export async function* checkedContent(array: ArrayContent): AsyncGenerator<Uint8Array, void, undefined> {
  const expected = byteLengthOf(array);
  let actual = 0;
  for await (const piece of array.content) {
    actual += piece.length;
    if (actual > expected) break;
    yield piece;
  }
  if (actual !== expected) {
    const amount = actual > expected ? 'more' : `only ${actual}`;
    throw new PartitionWriteError(
      `Array ${JSON.stringify(array.name)}: ${amount} bytes instead of the ${expected} that its shape needs.`,
    );
  }
}

/** An iterable that starts anew each time it is iterated. */
export function restartable(start: () => AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: start };
}

/** Refuses arrays that one file cannot hold together. */
export function checkNames(arrays: readonly ArrayContent[], reserved: readonly string[] = []): void {
  const seen = new Set<string>();
  for (const { name } of arrays) {
    if (seen.has(name)) throw new PartitionWriteError(`Two arrays are called ${JSON.stringify(name)}.`);
    if (reserved.includes(name) || name === '') {
      throw new PartitionWriteError(`An array cannot be called ${JSON.stringify(name)}.`);
    }
    seen.add(name);
  }
}
