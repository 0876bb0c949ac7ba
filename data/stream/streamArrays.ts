import type { Tensor } from '../../run/tensor.js';
import { isRowMajor, type StoredArray } from '../storedArray.js';
import { Arrival, type ArrivalSettings } from './arrival.js';
import { ReadAhead } from './readAhead.js';
import { admit, perform, planReads } from './reads.js';
import { openRegion, type RegionReader } from './regionReader.js';

/** Consecutive samples of the selected arrays. */
export interface Batch {
  /** Index of the first sample in its partition. */
  readonly start: number;
  readonly count: number;
  /** One tensor an array, of shape `(count, ...)`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Says that nobody looks at the tensors any more, so that their memory may be used again. */
  release(): void;
}

export interface StreamSettings extends ArrivalSettings {
  readonly bytesInFlight: number;
  /** Called when the last bytes have been asked for. */
  readonly allRequested?: () => void;
  readonly signal?: AbortSignal;
}

/** Pieces on the way at a time where each takes as much memory again while its elements are put in order. */
const piecesPutInOrder = 2;

/**
 * Streams arrays of the same number of samples, each read by its own reader; the caller closes the readers. A stream that
 * is left early takes the memory of all of its batches back.
 */
export async function* streamArrays(
  arrays: readonly { array: StoredArray; reader: RegionReader }[],
  settings: StreamSettings,
): AsyncGenerator<Omit<Batch, 'start'>, void, undefined> {
  const { batchSize, chunkBytes, bytesInFlight, memory, allRequested, signal } = settings;
  const samples = arrays[0]?.array.shape[0] ?? 0;
  const arrivals = arrays.map(({ array, reader }) => new Arrival(array, reader, settings));
  const isInOrder = arrays.every(({ array }) => isRowMajor(array.shape, array.strides));
  const reads = planReads(
    arrivals.map(({ landings }) =>
      landings.flatMap((landing) => landing.blocks(chunkBytes, batchSize).map((block) => ({ landing, block }))),
    ),
  );
  const readAhead = new ReadAhead(
    reads,
    {
      admit,
      run: (read, abort) => perform(read, memory.scratch, abort),
      allBegun: () => allRequested?.(),
    },
    isInOrder ? bytesInFlight : Math.min(bytesInFlight, piecesPutInOrder * chunkBytes),
    signal,
  );
  let isComplete = false;
  try {
    let needed = 0;
    for (let start = 0; start < samples; start += batchSize) {
      const count = Math.min(batchSize, samples - start);
      while (needed < reads.length && reads[needed].firstSample < start + count) needed++;
      await readAhead.arrived(needed);
      yield batchOf(arrivals, start, count);
    }
    isComplete = true;
  } finally {
    await readAhead.close();
    if (!isComplete) for (const { landings } of arrivals) for (const landing of landings) landing.close();
  }
}

function batchOf(arrivals: readonly Arrival[], start: number, count: number): Omit<Batch, 'start'> {
  let isReleased = false;
  return {
    count,
    tensors: Object.fromEntries(arrivals.map((arrival) => [arrival.name, arrival.handOut(start, count)] as const)),
    release: () => {
      if (isReleased) return;
      isReleased = true;
      for (const arrival of arrivals) arrival.release(start, count);
    },
  };
}

/** Opens a reader for each array, finding all their places at the same time. */
export function openReaders(arrays: readonly StoredArray[], signal?: AbortSignal) {
  return Promise.all(arrays.map(async (array) => ({ array, reader: openRegion(await array.storage.locate(signal)) })));
}
