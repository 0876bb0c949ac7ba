import type { ByteSource } from '../storage/byteSource.js';
import { ShortReadError } from '../storage/errors.js';
import { CachedSource, readBytes } from './cachedSource.js';
import { TruncatedPartitionError, UnknownPartitionFormatError } from './errors.js';
import { isNpy, readNpy } from './numpy/npyFile.js';
import { readNpz } from './numpy/npzFile.js';
import { Partition, type PartitionFormat } from './partition.js';
import { isSafetensors, readSafetensors } from './safetensors/safetensorsFile.js';
import type { StoredArray } from './storedArray.js';
import { isLegacyTorch, readLegacyTorch } from './torch/legacyFile.js';
import { isTorchZip, readTorchZip } from './torch/zipFile.js';
import { readZipDirectory } from './zip/directory.js';
import { LOCAL_HEADER } from './zip/records.js';

/** Formats that have no directory at their end; a hint from the name spares a request, nothing else. */
const FRONT_ONLY = /\.(npy|safetensors)$/i;

/**
 * Opens a partition file, whatever its format; the content decides, not the name.
 *
 * Takes one request for a small file, two in parallel for a large one, and reads no array data beyond what those bring.
 *
 * @example
 * ```ts
 * const partition = await openPartition(await FileByteSource.open('1.pt'));
 * for await (const batch of streamBatches(partition, { arrays: ['0', '1'], batchSize: 32 })) console.log(batch.count);
 * ```
 * @throws PartitionFormatError (one of its subclasses) naming the file, the byte, what was found and what was expected.
 */
export async function openPartition(source: ByteSource, options: { signal?: AbortSignal } = {}): Promise<Partition> {
  const { signal } = options;
  try {
    const cached = await CachedSource.withEnds(source, !FRONT_ONLY.test(source.name), signal);
    const { format, arrays } = await readArrays(cached, signal);
    return new Partition(source.name, format, arrays);
  } catch (error) {
    if (!(error instanceof ShortReadError)) throw error;
    throw new TruncatedPartitionError({
      file: source.name,
      found: `a file of ${source.size} bytes that ends inside its own headers`,
      expected: 'all of the bytes that its headers announce',
      cause: error,
    });
  }
}

async function readArrays(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<{ format: PartitionFormat; arrays: StoredArray[] }> {
  const head = await readBytes(source, 0, Math.min(source.size, 16), signal);
  if (isNpy(head)) return { format: 'npy', arrays: [await readNpy(source, signal)] };
  if (head.length >= 4 && head.readUInt32LE(0) === LOCAL_HEADER.signature) return readZip(source, signal);
  if (isSafetensors(head)) return { format: 'safetensors', arrays: await readSafetensors(source, signal) };
  if (isLegacyTorch(head)) return { format: 'pt', arrays: await readLegacyTorch(source, signal) };
  throw new UnknownPartitionFormatError({
    file: source.name,
    offset: 0,
    found: head.length === 0 ? 'an empty file' : `bytes ${head.toString('hex', 0, 8)}`,
    expected: 'the first bytes of a .pt, .npz, .npy or .safetensors file',
    remedy: 'Check that the upload was complete and that the prefix holds nothing but partitions.',
  });
}

async function readZip(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<{ format: PartitionFormat; arrays: StoredArray[] }> {
  const entries = await readZipDirectory(source, signal);
  if (isTorchZip(entries)) return { format: 'pt', arrays: await readTorchZip(source, entries, signal) };
  const names = [...entries.keys()];
  if (names.length > 0 && names.every((name) => name.endsWith('.npy'))) {
    return { format: 'npz', arrays: await readNpz(source, [...entries.values()], signal) };
  }
  throw new UnknownPartitionFormatError({
    file: source.name,
    found: `a zip that holds ${names.slice(0, 5).join(', ') || 'nothing'}${names.length > 5 ? ', ...' : ''}`,
    expected: 'one data.pkl in a folder (.pt) or only .npy entries (.npz)',
  });
}
