import { type Message, taken } from '../channel.js';
import { bytesOf, decodeLike, encodeArray, type NumericArray } from '../datatypes.js';

/** The world as one collective operation sees it: its messages mix with those of no other operation. */
export interface Exchange {
  readonly rank: number;
  readonly worldSize: number;
  /** Resolves when the bytes may be written to again. Messages to one rank arrive in the order of the calls. */
  send(to: number, message: Message): Promise<void>;
  /**
   * The same for bytes that are left as they are until `hurry` is called, as it must be before the promise is awaited: a
   * channel that keeps bytes until they have arrived then copies only those that have not.
   */
  sendPatiently(to: number, message: Message): Promise<void>;
  /** The bytes of all patient sends are wanted back. */
  hurry(): void;
  /** The next message of a rank in this operation; `into` is a place where its bytes may be put at once. */
  receive(from: number, into?: Uint8Array): Promise<Message>;
}

/** What `send` gives when the bytes may be written to at once: short operations need not wait for it. */
export const sentAlready = taken.promise;

export function sendArray(exchange: Exchange, to: number, array: NumericArray): Promise<void> {
  return exchange.send(to, encodeArray(array));
}

/**
 * An array of the type and length of `like`, in memory that may be written to.
 *
 * @throws DataMismatchError when another comes.
 */
export function receiveLike(exchange: Exchange, from: number, like: NumericArray): Promise<NumericArray> {
  return watched(exchange.receive(from).then((message) => decodeLike(message, like, from)));
}

/** An array that another rank has sent, in memory that is lent. */
export interface LentArray {
  readonly array: NumericArray;
  /** To be called when nobody looks at the array any more. */
  release(): void;
}

/** The same for a caller that keeps nothing of the array. @throws DataMismatchError when another comes. */
export function receiveLent(exchange: Exchange, from: number, like: NumericArray): Promise<LentArray> {
  return watched(
    exchange.receive(from).then((message) => ({
      array: decodeLike(message, like, from),
      release: () => message.release?.(),
    })),
  );
}

/** Fills `into` with what the rank sends. @throws DataMismatchError when that is of another type or length. */
export function receiveInto(exchange: Exchange, from: number, into: NumericArray): Promise<void> {
  const place = bytesOf(into);
  return watched(
    exchange.receive(from, place).then((message) => {
      const received = decodeLike(message, into, from);
      if (received.buffer === into.buffer && received.byteOffset === into.byteOffset) return;
      place.set(bytesOf(received));
      message.release?.();
    }),
  );
}

/** An algorithm has many messages under way and may end on the first that fails, before it has looked at the others. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
