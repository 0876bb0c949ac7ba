import { crc32 } from 'node:zlib';
import { bytesPerElement, type Tensor } from '../../run/tensor.js';
import { byteLengthOf, type Checksum, isRowMajor, type StoredArray, sliceSamples, spanOf } from '../storedArray.js';
import { checkCrc32 } from '../zip/entryBytes.js';
import { Landing, type StreamMemory } from './landing.js';
import type { RegionReader } from './regionReader.js';

/** How one array is streamed. */
export interface ArrivalSettings {
  readonly batchSize: number;
  /** About how many bytes arrive in one place. */
  readonly chunkBytes: number;
  readonly memory: StreamMemory;
  readonly verify: boolean;
}

/** One array as it arrives: in landings of whole batches, one after the other, so that memory need not hold it whole. */
export class Arrival {
  readonly name: string;
  readonly landings: readonly Landing[];
  readonly #samplesPerLanding: number;
  /** What the file records of the handed-out bytes; known when the array is the whole region. */
  readonly #checksum?: Checksum;
  readonly #samples: number;
  readonly #reader: RegionReader;
  #crc: number;

  constructor(array: StoredArray, reader: RegionReader, { batchSize, chunkBytes, memory, verify }: ArrivalSettings) {
    this.name = array.name;
    this.#reader = reader;
    this.#samples = array.shape[0];
    this.#samplesPerLanding = samplesPerLanding(array, chunkBytes, batchSize);
    const landings: Landing[] = [];
    for (let start = 0; start < this.#samples; start += this.#samplesPerLanding) {
      const count = Math.min(this.#samplesPerLanding, this.#samples - start);
      const slice = sliceSamples(array, start, count, bytesPerElement[array.dtype]);
      landings.push(new Landing(slice, start, reader, memory));
    }
    this.landings = landings;
    this.#checksum = verify && isWholeRegion(array, reader) ? reader.region.checksum : undefined;
    this.#crc = this.#checksum?.seed ?? 0;
  }

  /** The samples of one batch as a view; to be called for all batches in turn, since it also checks their CRC. */
  handOut(start: number, count: number): Tensor {
    const { bytes, tensor } = this.#landingOf(start).view(start, count);
    if (this.#checksum) {
      this.#crc = crc32(bytes, this.#crc);
      if (start + count === this.#samples) {
        const { source, offset } = this.#reader.region;
        checkCrc32(source.name, `array ${JSON.stringify(this.name)}`, offset, this.#crc, this.#checksum.recorded);
      }
    }
    return tensor;
  }

  /** Nobody looks at a batch any more. */
  release(start: number, count: number): void {
    this.#landingOf(start).release(count);
  }

  #landingOf(start: number): Landing {
    return this.landings[Math.floor(start / this.#samplesPerLanding)];
  }
}

/** Whole batches, at least one. An array whose samples do not lie one after the other lands whole: so it is read once. */
function samplesPerLanding(array: StoredArray, chunkBytes: number, batchSize: number): number {
  const [samples, ...row] = array.shape;
  const [step, ...rowStrides] = array.strides;
  const liesInTurn = samples <= 1 || step >= spanOf(row, rowStrides);
  if (!liesInTurn) return Math.max(samples, 1);
  const batchBytes = (byteLengthOf(array) / (samples || 1)) * batchSize;
  return Math.max(1, Math.floor(chunkBytes / Math.max(batchBytes, 1))) * batchSize;
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
