import type { Allocate } from '../data/index.js';

/**
 * Memory for the partitions of a rank, used in turn: while one partition is inferred the next arrives, and the one after
 * that takes the first one's place. Without it, buffers that are done with stay until the collector comes by.
 */
export class PartitionMemory {
  readonly #places: [SharedArrayBuffer[], SharedArrayBuffer[]] = [[], []];
  #turn = 0;

  /** Memory for the next partition. That of the partition before the last one must not be looked at any more. */
  next(): Allocate {
    const blocks = this.#places[this.#turn++ % 2];
    let taken = 0;
    return (byteLength) => {
      const index = taken++;
      const known = blocks[index];
      const block = known && known.byteLength >= byteLength ? known : new SharedArrayBuffer(byteLength);
      blocks[index] = block;
      return new Uint8Array(block, 0, byteLength);
    };
  }
}
