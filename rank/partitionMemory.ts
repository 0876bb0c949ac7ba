import type { Allocate } from '../data/index.js';

/**
 * Memory for the partitions of a rank, used in turn: while one partition is inferred the next arrives, and the one after
 * that takes the first one's place. Without it, buffers that are done with stay until the collector comes by.
 */
export class PartitionMemory {
  readonly #places: [SharedArrayBuffer[], SharedArrayBuffer[]] = [[], []];

  /**
   * Memory for the partition at `index` of the rank's list. It is that of partition `index - 2`, which must not be looked
   * at any more; in which order partitions ask does not matter, because they open side by side.
   */
  of(index: number): Allocate {
    const blocks = this.#places[index % 2];
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
