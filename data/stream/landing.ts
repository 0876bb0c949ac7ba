import { crc32 } from 'node:zlib';
import { bytesPerElement, type Tensor } from '../../run/tensor.js';
import { ArrayTooLargeError } from '../errors.js';
import { byteLengthOf, type Checksum, isRowMajor, type StoredArray, typedView } from '../storedArray.js';
import { checkCrc32 } from '../zip/entryBytes.js';
import type { Block } from './blocks.js';
import { gather, swapBytes } from './gather.js';
import type { RegionReader } from './regionReader.js';
import type { Scratch } from './scratch.js';

/** A Node Buffer and a typed array hold 4 GiB at most. */
const MAX_BUFFER_BYTES = 2 ** 32;

/** Memory for `byteLength` bytes, starting at a multiple of 8. */
export type Allocate = (byteLength: number) => Uint8Array;

/** The buffer in which one array arrives, dense and little-endian; its tensors are views of it. */
export class Landing {
  readonly array: StoredArray;
  readonly reader: RegionReader;
  readonly #bytes: Uint8Array;
  readonly #sampleBytes: number;
  /** What the file records of the handed-out bytes; known when the array is the whole region. */
  readonly #checksum?: Checksum;
  #crc: number;

  constructor(array: StoredArray, reader: RegionReader, options: { allocate: Allocate; verify: boolean }) {
    const length = byteLengthOf(array);
    const { source } = reader.region;
    this.array = array;
    this.reader = reader;
    try {
      if (length > MAX_BUFFER_BYTES) throw new RangeError(`${length} bytes`);
      this.#bytes = options.allocate(length);
    } catch (cause) {
      throw new ArrayTooLargeError(source.name, array.name, length, MAX_BUFFER_BYTES, cause);
    }
    this.#sampleBytes = length / (array.shape[0] || 1);
    this.#checksum = options.verify && isWholeRegion(array, reader) ? reader.region.checksum : undefined;
    this.#crc = this.#checksum?.seed ?? 0;
  }

  /** Lets `fetch` fill the place where a block belongs, or a scratch buffer from which it is then put in order. */
  async receive(block: Block, scratch: Scratch, fetch: (into: Uint8Array) => Promise<void>): Promise<void> {
    const { shape, strides, dtype, bigEndian } = this.array;
    const elementBytes = bytesPerElement[dtype];
    const { content } = block;
    if (content.kind === 'dense') {
      const { target } = content;
      const into = this.#bytes.subarray(target, target + block.length);
      await fetch(into);
      if (bigEndian) swapBytes(into, elementBytes);
    } else {
      await scratch.lend(block.length, async (bytes) => {
        await fetch(bytes);
        if (bigEndian) swapBytes(bytes, elementBytes);
        gather(bytes, this.#bytes, { ...content, elementBytes, strides, shape });
      });
    }
  }

  /** The samples from `start` on as a view; to be called for all samples in turn, since it also checks their CRC. */
  handOut(start: number, count: number): Tensor {
    const { name, dtype, shape } = this.array;
    const from = start * this.#sampleBytes;
    const length = count * this.#sampleBytes;
    if (this.#checksum) {
      this.#crc = crc32(this.#bytes.subarray(from, from + length), this.#crc);
      if (from + length === this.#bytes.length) {
        const { source, offset } = this.reader.region;
        checkCrc32(source.name, `array ${JSON.stringify(name)}`, offset, this.#crc, this.#checksum.recorded);
      }
    }
    const data = typedView(dtype, this.#bytes.buffer, this.#bytes.byteOffset + from, length / bytesPerElement[dtype]);
    return { dtype, shape: [count, ...shape.slice(1)], data };
  }
}

function isWholeRegion(array: StoredArray, { region }: RegionReader): boolean {
  return (
    region.kind === 'plain' &&
    region.length > 0 &&
    !array.bigEndian &&
    array.offset === 0 &&
    byteLengthOf(array) === region.length &&
    isRowMajor(array.shape, array.strides)
  );
}
