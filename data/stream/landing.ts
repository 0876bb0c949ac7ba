import { bytesPerElement, type Tensor } from '../../run/tensor.js';
import { ArrayTooLargeError } from '../errors.js';
import { byteLengthOf, type StoredArray, typedView } from '../storedArray.js';
import { type Block, blocksOf } from './blocks.js';
import type { ChunkMemory } from './chunkMemory.js';
import { gather, swapBytes } from './gather.js';
import type { RegionReader } from './regionReader.js';
import { lendScratch } from './scratch.js';

/** A Node Buffer and a typed array hold 4 GiB at most. */
const MAX_BUFFER_BYTES = 2 ** 32;

/** Where the bytes of a stream go: what consumers look at, and what is on its way there. */
export interface StreamMemory {
  readonly landings: ChunkMemory;
  readonly scratch: ChunkMemory;
}

/**
 * The place where consecutive samples of one array arrive, dense and little-endian; their tensors are views of it. It
 * takes its memory when the first of them is asked for, and gives it back when the last one was looked at.
 */
export class Landing {
  /** The samples that land here, as an array of its own. */
  readonly array: StoredArray;
  readonly reader: RegionReader;
  /** Index of the first sample among those that are streamed. */
  readonly firstSample: number;
  readonly #memory: StreamMemory;
  readonly #byteLength: number;
  #bytes: Uint8Array | undefined;
  #samplesInUse: number;

  constructor(array: StoredArray, firstSample: number, reader: RegionReader, memory: StreamMemory) {
    this.array = array;
    this.reader = reader;
    this.firstSample = firstSample;
    this.#memory = memory;
    this.#byteLength = byteLengthOf(array);
    this.#samplesInUse = array.shape[0];
    if (this.#byteLength > MAX_BUFFER_BYTES) throw this.#tooLarge(new RangeError(`${this.#byteLength} bytes`));
    // Nothing is read into it, so nobody will open it.
    if (this.#byteLength === 0) this.open(true);
  }

  get endSample(): number {
    return this.firstSample + this.array.shape[0];
  }

  /** The pieces in which its samples are read; they count samples from the first of the landing on. */
  blocks(chunkBytes: number, batchSize: number): Block[] {
    return blocksOf(this.array, chunkBytes, batchSize);
  }

  /** Takes the memory, unless it has; false when there is none to spare, which cannot be where it is `needed`. */
  open(needed: boolean): boolean {
    try {
      this.#bytes ??= this.#memory.landings.take(this.#byteLength, needed);
    } catch (cause) {
      throw this.#tooLarge(cause);
    }
    return this.#bytes !== undefined;
  }

  /** Lets `fetch` fill the place where a block belongs, or a scratch buffer from which it is then put in order. */
  async receive(block: Block, fetch: (into: Uint8Array) => Promise<void>): Promise<void> {
    const { shape, strides, dtype, bigEndian } = this.array;
    const elementBytes = bytesPerElement[dtype];
    const { content } = block;
    const target = this.#opened();
    if (content.kind === 'dense') {
      const into = target.subarray(content.target, content.target + block.length);
      await fetch(into);
      if (bigEndian) swapBytes(into, elementBytes);
    } else {
      await lendScratch(this.#memory.scratch, block.length, async (bytes) => {
        await fetch(bytes);
        if (bigEndian) swapBytes(bytes, elementBytes);
        gather(bytes, target, { ...content, elementBytes, strides, shape });
      });
    }
  }

  /** `count` samples from `start` on, counted as `firstSample` is: their bytes, and as a view. */
  view(start: number, count: number): { bytes: Uint8Array; tensor: Tensor } {
    const { dtype, shape } = this.array;
    const target = this.#opened();
    const sampleBytes = this.#byteLength / (shape[0] || 1);
    const from = (start - this.firstSample) * sampleBytes;
    const bytes = target.subarray(from, from + count * sampleBytes);
    const data = typedView(dtype, bytes.buffer, bytes.byteOffset, bytes.length / bytesPerElement[dtype]);
    return { bytes, tensor: { dtype, shape: [count, ...shape.slice(1)], data } };
  }

  /** Nobody looks at `count` of its samples any more. */
  release(count: number): void {
    this.#samplesInUse -= count;
    if (this.#samplesInUse === 0) this.close();
  }

  /** Gives the memory back. Nothing may be on its way to it. */
  close(): void {
    if (this.#bytes) this.#memory.landings.giveBack(this.#bytes);
    this.#bytes = undefined;
  }

  #opened(): Uint8Array {
    if (!this.#bytes) throw new Error(`the memory of array ${this.array.name} was not taken, or was given back`);
    return this.#bytes;
  }

  #tooLarge(cause: unknown): ArrayTooLargeError {
    const { source } = this.reader.region;
    return new ArrayTooLargeError(source.name, this.array.name, this.#byteLength, MAX_BUFFER_BYTES, cause);
  }
}
