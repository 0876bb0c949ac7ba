import { bytesPerElement, type Tensor } from '../run/tensor.js';
import { InvalidDataOptionError } from './errors.js';
import type { Partition } from './partition.js';
import { newBuffer, sliceSamples, typedView } from './storedArray.js';
import { type ChunkMemory, ChunkPool, UnpooledMemory } from './stream/chunkMemory.js';
import type { StreamMemory } from './stream/landing.js';
import { type Batch, openReaders, streamArrays } from './stream/streamArrays.js';

/** How a partition is streamed. */
export interface StreamOptions {
  /** Names of the arrays that each batch is to hold. */
  readonly arrays: readonly string[];
  /** Samples a batch; the last one may have fewer. */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
  /** The samples to stream; all of them when left out. */
  readonly samples?: { readonly start: number; readonly count: number };
  /** How far ahead of the consumer bytes are read, those on the way included. Default 32 MiB. */
  readonly bytesInFlight?: number;
  /** About how many bytes one request fetches, and how many share one buffer. Default 4 MiB. */
  readonly chunkBytes?: number;
  /** Whether worker threads may look at the tensors without a copy (`SharedArrayBuffer`). Default true. */
  readonly shared?: boolean;
  /**
   * Where batches arrive, in place of new memory; several streams may have the same. The consumer then has to release
   * every batch, and bytes are read ahead only as far as the memory goes. `shared` says nothing then.
   */
  readonly memory?: ChunkMemory;
  /** Called when the last bytes have been asked for, unless the stream ends before: then others may ask for theirs. */
  readonly allRequested?: () => void;
  /**
   * Whether arrays that are read whole are checked against the CRC-32 that zip formats record; costs 0.2 to 0.8 s of
   * processor time a gigabyte. A fault shows at the last batch. Default true.
   */
  readonly verify?: boolean;
}

const MIB = 1024 * 1024;
const DEFAULT_CHUNK_BYTES = 4 * MIB;
const DEFAULT_BYTES_IN_FLIGHT = 32 * MIB;

/**
 * Streams a partition in batches: requests run in parallel and ahead of the consumer, and a batch is handed out as soon
 * as its own bytes have arrived.
 *
 * Only the selected arrays are read, straight into buffers of about `chunkBytes` and of whole batches, of which the tensors
 * are views; a buffer lives as long as any of its views, or until all of its batches are released where the memory is the
 * caller's. So no array is ever held whole, but one whose samples do not lie one after the other in the file
 * (column-major). Arrays that lie strided take two more chunks while they are put in order. Leaving the loop early gives
 * up the requests that are on the way.
 *
 * @example
 * ```ts
 * for await (const { start, count, tensors } of streamBatches(partition, { arrays: ['0', '1'], batchSize: 32 })) {
 *   console.log(start, count, tensors['0'].shape);
 * }
 * ```
 * @throws ArrayNotFoundError, SampleCountMismatchError, ArrayTooLargeError, InvalidDataOptionError before the first
 * batch; PartitionFormatError, or what the source throws, when the bytes are not what the headers promised.
 */
export async function* streamBatches(
  partition: Partition,
  options: StreamOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { arrays: names, signal } = options;
  const present = partition.sampleCountOf(names);
  const { start, count } = options.samples ?? { start: 0, count: present };
  checkOptions(options, start, count, present);
  const arrays = partition
    .storedArrays(names)
    .map((array) => sliceSamples(array, start, count, bytesPerElement[array.dtype]));
  const readers = await openReaders(arrays, signal);
  try {
    let next = start;
    const bytesInFlight = options.bytesInFlight ?? DEFAULT_BYTES_IN_FLIGHT;
    const settings = {
      batchSize: options.batchSize,
      chunkBytes: options.chunkBytes ?? DEFAULT_CHUNK_BYTES,
      bytesInFlight,
      memory: memoryFor(bytesInFlight, options),
      allRequested: options.allRequested,
      verify: options.verify ?? true,
      signal,
    };
    for await (const batch of streamArrays(readers, settings)) {
      yield { start: next, ...batch };
      next += batch.count;
    }
  } finally {
    await Promise.all(readers.map(({ reader }) => reader.close()));
  }
}

/** Reads a whole array, such as labels. Scalars come with the shape `[]`. */
export async function readArray(
  partition: Partition,
  nameOrIndex: string | number,
  options: { readonly signal?: AbortSignal; readonly shared?: boolean } = {},
): Promise<Tensor> {
  const { signal, shared = true } = options;
  const [stored] = partition.storedArrays([partition.arrayNamed(nameOrIndex).name]);
  const isScalar = stored.shape.length === 0;
  const array = isScalar ? { ...stored, shape: [1], strides: [1] } : stored;
  const readers = await openReaders([array], signal);
  const settings = {
    batchSize: Math.max(array.shape[0], 1),
    chunkBytes: DEFAULT_CHUNK_BYTES,
    bytesInFlight: DEFAULT_BYTES_IN_FLIGHT,
    memory: memoryFor(DEFAULT_BYTES_IN_FLIGHT, { shared }),
    verify: true,
    signal,
  };
  try {
    for await (const { tensors } of streamArrays(readers, settings)) {
      return { ...tensors[array.name], shape: stored.shape };
    }
  } finally {
    await Promise.all(readers.map(({ reader }) => reader.close()));
  }
  return { dtype: stored.dtype, shape: stored.shape, data: typedView(stored.dtype, newBuffer(0, shared), 0, 0) };
}

function memoryFor(
  bytesInFlight: number,
  { memory, shared = true }: Pick<StreamOptions, 'memory' | 'shared'>,
): StreamMemory {
  if (memory) return { landings: memory, scratch: memory };
  return { landings: new UnpooledMemory(shared), scratch: new ChunkPool(bytesInFlight) };
}

function checkOptions(options: StreamOptions, start: number, count: number, present: number): void {
  const { arrays, batchSize, bytesInFlight = 1, chunkBytes = 1 } = options;
  const faults: string[] = [];
  if (arrays.length === 0) faults.push('arrays is empty; name at least one');
  if (new Set(arrays).size < arrays.length) faults.push(`arrays names one twice: ${arrays.join(', ')}`);
  for (const [name, value] of Object.entries({ batchSize, bytesInFlight, chunkBytes })) {
    if (!Number.isSafeInteger(value) || value < 1) faults.push(`${name} is ${value}; give a whole number from 1`);
  }
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(count) && start >= 0 && count >= 0;
  if (!isRange || start + count > present) {
    faults.push(`samples ${start} to ${start + count - 1} are not among the ${present} of the partition`);
  }
  if (faults.length > 0) throw new InvalidDataOptionError(faults);
}
