/** A stretch of a stream's file that is read at once. */
export interface Block {
  /** Place in the file in bytes. */
  readonly offset: number;
  bytes: number;
  /** Number of its first event in the stream, from 0. */
  readonly firstSequence: number;
  count: number;
  minTimestampMs: number;
  maxTimestampMs: number;
}

/** Bytes from which on a block is full. */
const blockBytes = 64 * 1024;

/** Which events lie where in a stream's file: a few numbers for each 64 KB. */
export class BlockIndex {
  readonly #blocks: Block[] = [];

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get count(): number {
    const last = this.#blocks.at(-1);
    return last ? last.firstSequence + last.count : 0;
  }

  get firstTimestampMs(): number | undefined {
    return this.#blocks.length === 0
      ? undefined
      : Math.min(...this.#blocks.map(({ minTimestampMs }) => minTimestampMs));
  }

  get lastTimestampMs(): number | undefined {
    return this.#blocks.length === 0
      ? undefined
      : Math.max(...this.#blocks.map(({ maxTimestampMs }) => maxTimestampMs));
  }

  /** Notes one event that was written behind all others. */
  add(offset: number, bytes: number, timestampMs: number): void {
    const last = this.#blocks.at(-1);
    if (!last || last.bytes >= blockBytes) {
      const firstSequence = this.count;
      this.#blocks.push({
        offset,
        bytes,
        firstSequence,
        count: 1,
        minTimestampMs: timestampMs,
        maxTimestampMs: timestampMs,
      });
      return;
    }
    last.bytes += bytes;
    last.count++;
    last.minTimestampMs = Math.min(last.minTimestampMs, timestampMs);
    last.maxTimestampMs = Math.max(last.maxTimestampMs, timestampMs);
  }

  /** Blocks that may hold events of the time range, both ends inclusive. */
  within(startMs: number, endMs: number): Block[] {
    return this.#blocks.filter(
      ({ minTimestampMs, maxTimestampMs }) => maxTimestampMs >= startMs && minTimestampMs <= endMs,
    );
  }
}
