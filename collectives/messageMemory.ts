import { MemoryPool } from '../rendezvous/memoryPool.js';

/** Up to here messages share memory: an ArrayBuffer costs more than what is in it. Half of what Buffer shares out. */
const SHARING_BYTES = 2048;
/** Shorter ones are not worth giving back: the collector deals with them well. */
const MIN_BYTES = 65_536;
/** What is kept for the next messages; beyond it memory is left to the collector. */
const MAX_KEPT_BYTES = 33_554_432;

/**
 * Memory for long messages on their way through this process. New memory of this size costs a page fault every 4 KiB,
 * and a collection every few megabytes: for a message that is looked at once and put together with another, more than
 * the message itself. So whoever is done with one gives its memory back, for the next of the same length; whoever is to
 * keep it just keeps it.
 */
export class MessageMemory {
  readonly #pool = new MemoryPool<Uint8Array>(MAX_KEPT_BYTES);

  /** Whether memory of this length is worth giving back. */
  static lends({ byteLength }: Uint8Array): boolean {
    return byteLength >= MIN_BYTES && byteLength <= MAX_KEPT_BYTES;
  }

  /** Whether others may have bytes in the same ArrayBuffer, which a user should not come across. */
  static isShared({ byteLength, buffer }: ArrayBufferView): boolean {
    return byteLength <= SHARING_BYTES && byteLength < buffer.byteLength;
  }

  /** Memory that nobody else uses, holding anything. */
  take(byteLength: number): Uint8Array {
    if (byteLength <= SHARING_BYTES) return Buffer.allocUnsafe(byteLength);
    return this.#pool.take(byteLength) ?? Buffer.allocUnsafeSlow(byteLength);
  }

  /** Takes back what `take` gave. Nobody may use it any more. */
  give(bytes: Uint8Array): void {
    if (MessageMemory.lends(bytes)) this.#pool.give(bytes);
  }
}

/** That of this process. */
export const messageMemory = new MessageMemory();
