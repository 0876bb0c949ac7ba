import type { Message } from './channel.js';
import { type Data, encode, type NumericArray } from './datatypes.js';
import { DataMismatchError } from './errors.js';
import type { OperationOptions } from './operationRunner.js';

export interface ResultOptions<T extends Data> extends OperationOptions {
  /**
   * Memory of the caller for the result, of its type and length; it is what the operation returns. Long results are
   * quicker that way when the same memory is used again: new memory has to be cleared first. After a failure it holds
   * anything.
   */
  into?: T;
}

/** The message that a place is to hold, to be filled; `undefined` for data that has no memory. */
export function placeOf(into: Data): Message | undefined {
  return ArrayBuffer.isView(into) ? encode(into) : undefined;
}

/** Puts what has come into its place, if it is not there. @throws DataMismatchError when it does not fit. */
export function fillPlace(place: Message, message: Message, from: number): void {
  const { datatype, bytes } = place;
  if (message.datatype !== datatype || message.bytes.byteLength !== bytes.byteLength) {
    const [wanted, found] = [place, message].map((m) => `${m.bytes.byteLength} bytes of type ${m.datatype}`);
    throw new DataMismatchError(from, `${wanted} (into)`, `${found}`);
  }
  if (message.bytes.buffer === bytes.buffer && message.bytes.byteOffset === bytes.byteOffset) return;
  bytes.set(message.bytes);
  message.release?.();
}

/** What is wrong with `into` as the place for a reduction of `own`. */
export function placeFaults(into: NumericArray, own: NumericArray): string[] {
  const faults: string[] = [];
  if (into.constructor !== own.constructor || into.length !== own.length) {
    const [found, wanted] = [into, own].map((array) => `${array.constructor.name}(${array.length})`);
    faults.push(`into is ${found}, the data ${wanted}`);
  }
  const isApart =
    into.buffer !== own.buffer ||
    into.byteOffset >= own.byteOffset + own.byteLength ||
    own.byteOffset >= into.byteOffset + into.byteLength;
  if (!isApart) faults.push('into shares memory with the data, which is never written to');
  return faults;
}
