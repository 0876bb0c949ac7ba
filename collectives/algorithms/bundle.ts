import type { Message } from '../channel.js';
import { DataMismatchError } from '../errors.js';

/** Datatype of several messages in one. Users' data never has it. */
const BUNDLE = 65;
/** Datatype (32 bits), whether the bytes follow by themselves (32 bits), number of bytes (64 bits, a double). */
const ENTRY_BYTES = 16;

/** One rank's message on its way through others, or its type and length while the bytes go straight to who wants them. */
export type Entry =
  | { readonly message: Message; readonly deferred?: undefined }
  | { readonly message?: undefined; readonly deferred: Deferred };

export interface Deferred {
  readonly datatype: number;
  readonly byteLength: number;
}

/** An entry for a message, with its bytes if these are to travel along. */
export function entryOf(message: Message, inline: boolean): Entry {
  return inline ? { message } : { deferred: { datatype: message.datatype, byteLength: message.bytes.byteLength } };
}

export function pack(entries: readonly Entry[]): Message {
  const payload = entries.reduce((sum, { message }) => sum + (message?.bytes.byteLength ?? 0), 0);
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES + payload);
  const view = new DataView(bytes.buffer);
  let filled = entries.length * ENTRY_BYTES;
  for (const [index, { message, deferred }] of entries.entries()) {
    const at = index * ENTRY_BYTES;
    view.setUint32(at, message?.datatype ?? deferred?.datatype ?? 0, true);
    view.setUint32(at + 4, message ? 0 : 1, true);
    view.setFloat64(at + 8, message?.bytes.byteLength ?? deferred?.byteLength ?? 0, true);
    if (!message) continue;
    bytes.set(message.bytes, filled);
    filled += message.bytes.byteLength;
  }
  return { datatype: BUNDLE, bytes };
}

/**
 * The entries of a bundle, each in memory of its own.
 *
 * @throws DataMismatchError when it is no bundle of `count` entries.
 */
export function unpack({ datatype, bytes }: Message, count: number, from: number): Entry[] {
  const expected = `${count} messages in one`;
  if (datatype !== BUNDLE || bytes.byteLength < count * ENTRY_BYTES) {
    throw new DataMismatchError(from, expected, `${bytes.byteLength} bytes of datatype ${datatype}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let read = count * ENTRY_BYTES;
  const entries = Array.from({ length: count }, (_, index): Entry => {
    const at = index * ENTRY_BYTES;
    const [type, isDeferred] = [view.getUint32(at, true), view.getUint32(at + 4, true) === 1];
    const byteLength = view.getFloat64(at + 8, true);
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) {
      throw new DataMismatchError(from, expected, `one of ${byteLength} bytes`);
    }
    if (isDeferred) return { deferred: { datatype: type, byteLength } };
    const start = read;
    read += byteLength;
    return { message: { datatype: type, bytes: new Uint8Array(bytes.subarray(start, read)) } };
  });
  if (read !== bytes.byteLength) throw new DataMismatchError(from, expected, `${bytes.byteLength} bytes`);
  return entries;
}
