import type { Tensor } from '../../run/tensor.js';
import type { StoredArray } from '../storedArray.js';
import { blocksOf } from './blocks.js';
import { type Allocate, Landing } from './landing.js';
import { ReadAhead } from './readAhead.js';
import { perform, planReads } from './reads.js';
import { openRegion, type RegionReader } from './regionReader.js';
import { Scratch } from './scratch.js';

/** Consecutive samples of the selected arrays. */
export interface Batch {
  /** Index of the first sample in its partition. */
  readonly start: number;
  readonly count: number;
  /** One tensor an array, of shape `(count, ...)`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

export interface StreamSettings {
  readonly batchSize: number;
  readonly chunkBytes: number;
  readonly bytesInFlight: number;
  readonly allocate: Allocate;
  readonly verify: boolean;
  readonly signal?: AbortSignal;
}

/** Streams arrays of the same number of samples, each read by its own reader; the caller closes the readers. */
export async function* streamArrays(
  arrays: readonly { array: StoredArray; reader: RegionReader }[],
  settings: StreamSettings,
): AsyncGenerator<Omit<Batch, 'start'>, void, undefined> {
  const { batchSize, chunkBytes, bytesInFlight, signal } = settings;
  const samples = arrays[0]?.array.shape[0] ?? 0;
  const landings = arrays.map(({ array, reader }) => new Landing(array, reader, settings));
  const reads = planReads(
    landings.map((landing) => ({ landing, blocks: blocksOf(landing.array, chunkBytes, batchSize) })),
  );
  const scratch = new Scratch();
  const readAhead = new ReadAhead(reads, (read, abort) => perform(read, scratch, abort), bytesInFlight, signal);
  try {
    let needed = 0;
    for (let start = 0; start < samples; start += batchSize) {
      const count = Math.min(batchSize, samples - start);
      while (needed < reads.length && reads[needed].firstSample < start + count) needed++;
      await readAhead.arrived(needed);
      yield {
        count,
        tensors: Object.fromEntries(
          landings.map((landing) => [landing.array.name, landing.handOut(start, count)] as const),
        ),
      };
    }
  } finally {
    await readAhead.close();
  }
}

/** Opens a reader for each array, finding all their places at the same time. */
export function openReaders(arrays: readonly StoredArray[], signal?: AbortSignal) {
  return Promise.all(arrays.map(async (array) => ({ array, reader: openRegion(await array.storage.locate(signal)) })));
}

/** The samples from `start` on, `count` of them, as an array of its own. */
export function sliceSamples(array: StoredArray, start: number, count: number, elementBytes: number): StoredArray {
  return {
    ...array,
    shape: [count, ...array.shape.slice(1)],
    offset: array.offset + start * array.strides[0] * elementBytes,
  };
}
