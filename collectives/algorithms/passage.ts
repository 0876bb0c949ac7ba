import type { Message } from '../channel.js';
import { DataMismatchError } from '../errors.js';
import type { Exchange } from './exchange.js';
import { piecesOf } from './ranges.js';

/** A long message on its way along a chain of ranks, all of which know its length. */
export interface Passage {
  /** Filled as its pieces come, if it comes from another rank. */
  readonly message: Message;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Takes messages in and hands them on in pieces, each piece as soon as it is there, one message after the other. */
export async function passOn(exchange: Exchange, passages: readonly Passage[], pieceBytes: number): Promise<void> {
  // All are asked for beforehand, in the order in which they come, so that a channel knows where each belongs.
  const pieces = passages.flatMap(({ message: { datatype, bytes }, from, to }) =>
    piecesOf({ start: 0, end: bytes.byteLength }, pieceBytes).map(({ start, end }) => {
      const place = bytes.subarray(start, end);
      return { datatype, place, from, to, arrival: from === undefined ? undefined : exchange.receive(from, place) };
    }),
  );
  const sends: Promise<void>[] = [];
  for (const { datatype, place, from, to, arrival } of pieces) {
    if (arrival) fill(place, await arrival, from);
    if (to !== undefined) sends.push(exchange.sendPatiently(to, { datatype, bytes: place }));
  }
  exchange.hurry();
  await Promise.all(sends);
}

function fill(place: Uint8Array, message: Message, from: number | undefined): void {
  const { bytes } = message;
  if (bytes.byteLength !== place.byteLength) {
    throw new DataMismatchError(from, `a piece of ${place.byteLength} bytes`, `${bytes.byteLength} bytes`);
  }
  if (bytes.buffer === place.buffer && bytes.byteOffset === place.byteOffset) return;
  place.set(bytes);
  message.release?.();
}
