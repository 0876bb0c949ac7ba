import { bytesPerElement } from '../run/tensor.js';
import { InvalidDataOptionError, PartitionWriteError } from './errors.js';
import type { Partition, PartitionFormat } from './partition.js';
import { type ArrayInfo, byteLengthOf, type StoredArray, sliceSamples } from './storedArray.js';
import { ChunkPool, UnpooledMemory } from './stream/chunkMemory.js';
import type { RegionReader } from './stream/regionReader.js';
import { openReaders, streamArrays } from './stream/streamArrays.js';
import { type ArrayContent, type EncodedFile, restartable } from './write/arrayContent.js';
import { writePartition } from './write/partition.js';

/**
 * Bytes of a megabyte, as partitions of survey data are named: the published "100 MB" ones hold 5113 samples or 104.9
 * million bytes. With it, 100 MB of float32 images (5, 32, 32) and magnitudes hold 5108 to 5114 samples, depending on the
 * types of magnitudes and redshift (5113 for float32 and float64); with 10^6 they would hold 4876.
 */
export const BYTES_PER_MB = 1_048_576;

/** How a dataset is split. */
export interface SplitOptions {
  /** Size of a part: about so many MB of array data (2^20 bytes each), or exactly so many samples. The last may be smaller. */
  readonly by: { readonly mb: number } | { readonly samples: number };
  readonly format: PartitionFormat;
  /** The arrays to write; all of them when left out. */
  readonly arrays?: readonly string[];
  readonly signal?: AbortSignal;
}

/** One part of a split dataset. Its content is read from the source when it is iterated. */
export interface DatasetPart extends EncodedFile {
  /** `1.pt`, `2.pt`, ... */
  readonly name: string;
  /** Samples of the whole dataset: from `start` up to, not including, `end`. */
  readonly sampleRange: { readonly start: number; readonly end: number };
  readonly sampleCount: number;
}

/** About how many bytes of one array are in memory while a part is written. */
const WINDOW_BYTES = 16 * 1024 * 1024;

/**
 * Splits a dataset, which may itself consist of several files, into partitions. Samples keep their order, so that the
 * parts one after the other are the dataset.
 *
 * @example
 * ```ts
 * for await (const part of splitDataset([dataset], { by: { mb: 100 }, format: 'pt' })) await saveFile(part.name, part);
 * ```
 * @throws PartitionWriteError when the files do not hold the same arrays, or no samples; InvalidDataOptionError.
 */
export async function* splitDataset(
  files: readonly Partition[],
  options: SplitOptions,
): AsyncGenerator<DatasetPart, void, undefined> {
  const names = options.arrays ?? files[0]?.arrays.map(({ name }) => name) ?? [];
  const arrays = commonArrays(files, names);
  const samplesPerPart = samplesOf(options.by, arrays);
  const total = files.reduce((sum, file) => sum + file.sampleCountOf(names), 0);
  if (total === 0) throw new PartitionWriteError('The dataset holds no samples; there is nothing to split.');
  const columns = await openColumns(files, names, options.signal);
  try {
    for (let start = 0, number = 1; start < total; start += samplesPerPart, number++) {
      const end = Math.min(start + samplesPerPart, total);
      const contents = arrays.map(
        ({ name, dtype, shape }, index): ArrayContent => ({
          name,
          dtype,
          shape: [end - start, ...shape.slice(1)],
          content: restartable(() => readColumn(columns[index], start, end, options.signal)),
        }),
      );
      yield {
        name: `${number}.${options.format}`,
        sampleRange: { start, end },
        sampleCount: end - start,
        ...writePartition(options.format, contents),
      };
    }
  } finally {
    await Promise.all(columns.flat().map(({ reader }) => reader.close()));
  }
}

/** The arrays of the first file, after checking that every other file has them with the same types and sample shapes. */
function commonArrays(files: readonly Partition[], names: readonly string[]): ArrayInfo[] {
  const [first, ...others] = files;
  if (!first || names.length === 0) throw new PartitionWriteError('There is no dataset to split.');
  const kind = ({ dtype, shape }: ArrayInfo): string => `${dtype} of sample shape (${shape.slice(1).join(', ')})`;
  const arrays = names.map((name) => first.arrayNamed(name));
  const faults = others.flatMap((file) =>
    arrays
      .filter((array) => kind(file.arrayNamed(array.name)) !== kind(array))
      .map(
        (array) =>
          `${JSON.stringify(array.name)} is ${kind(file.arrayNamed(array.name))} in ${file.name}, ${kind(array)} in ${first.name}`,
      ),
  );
  if (faults.length > 0) throw new PartitionWriteError(`The files do not belong together: ${faults.join('; ')}.`);
  return arrays;
}

function samplesOf(by: SplitOptions['by'], arrays: readonly ArrayInfo[]): number {
  if ('samples' in by) {
    if (Number.isSafeInteger(by.samples) && by.samples >= 1) return by.samples;
    throw new InvalidDataOptionError([`samples is ${by.samples}; give a whole number from 1`]);
  }
  const sampleBytes = arrays.reduce((sum, array) => sum + sampleBytesOf(array), 0);
  const samples = Math.floor((by.mb * BYTES_PER_MB) / Math.max(sampleBytes, 1));
  if (Number.isFinite(samples) && samples >= 1) return samples;
  throw new InvalidDataOptionError([`mb is ${by.mb}; one sample alone takes ${sampleBytes} bytes`]);
}

function sampleBytesOf(array: ArrayInfo): number {
  return byteLengthOf({ ...array, shape: array.shape.slice(1) });
}

interface ColumnPart {
  readonly array: StoredArray;
  readonly reader: RegionReader;
}

/** For each array, its pieces in all files, each with a reader that lives as long as the split. */
async function openColumns(files: readonly Partition[], names: readonly string[], signal?: AbortSignal) {
  const byFile = await Promise.all(files.map((file) => openReaders(file.storedArrays(names), signal)));
  return names.map((_, index) => byFile.map((parts): ColumnPart => parts[index]));
}

async function* readColumn(
  column: readonly ColumnPart[],
  start: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let fileStart = 0;
  for (const part of column) {
    const count = part.array.shape[0];
    const from = Math.max(start - fileStart, 0);
    const to = Math.min(end - fileStart, count);
    if (from < to) yield* readRows(part, from, to, signal);
    fileStart += count;
  }
}

async function* readRows({ array, reader }: ColumnPart, from: number, to: number, signal?: AbortSignal) {
  const window = Math.max(1, Math.floor(WINDOW_BYTES / Math.max(sampleBytesOf(array), 1)));
  for (let start = from; start < to; start += window) {
    const slice = sliceSamples(array, start, Math.min(window, to - start), bytesPerElement[array.dtype]);
    const settings = {
      batchSize: window,
      chunkBytes: WINDOW_BYTES / 4,
      bytesInFlight: WINDOW_BYTES,
      memory: { landings: new UnpooledMemory(false), scratch: new ChunkPool(WINDOW_BYTES) },
      verify: true,
      signal,
    };
    for await (const { tensors } of streamArrays([{ array: slice, reader }], settings)) {
      const { data } = tensors[array.name];
      yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
  }
}
