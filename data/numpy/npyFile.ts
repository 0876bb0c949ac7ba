import { bytesPerElement, elementCount } from '../../run/tensor.js';
import type { ByteSource } from '../../storage/byteSource.js';
import { readBytes } from '../cachedSource.js';
import { CorruptPartitionError, TruncatedPartitionError } from '../errors.js';
import { columnMajorStrides, rowMajorStrides, type Storage, type StoredArray } from '../storedArray.js';
import { headerExtent, NPY_MAGIC, NPY_PREFIX_BYTES, type NpyHeader, parseNpyHeader } from './npyHeader.js';

/** Whether the first bytes are those of an `.npy`. */
export function isNpy(head: Buffer): boolean {
  return head.subarray(0, NPY_MAGIC.length).equals(NPY_MAGIC);
}

/** Reads the header of an `.npy` file; its array is named `0`. */
export async function readNpy(source: ByteSource, signal?: AbortSignal): Promise<StoredArray> {
  const place = { file: source.name, offset: 0 };
  const prefix = await readBytes(source, 0, NPY_PREFIX_BYTES, signal);
  const { start, end } = headerExtent(prefix, place);
  const text = await readBytes(source, start, end - start, signal);
  const header = parseNpyHeader(text.toString('utf8'), place);
  const length = source.size;
  const storage: Storage = {
    length,
    locate: async () => ({ kind: 'plain', source, offset: 0, length }),
  };
  return npyArray('0', header, storage, end, place);
}

/** An array of which the header is known; its storage starts with the header and holds nothing after the data. */
export function npyArray(
  name: string,
  header: NpyHeader,
  storage: Storage,
  dataStart: number,
  place: { file: string; offset: number },
): StoredArray {
  const { dtype, shape, fortranOrder, bigEndian } = header;
  const needed = elementCount(shape) * bytesPerElement[dtype];
  const present = storage.length - dataStart;
  if (present !== needed) {
    const fault = {
      file: place.file,
      offset: place.offset + dataStart,
      found: `${present} bytes of data for ${dtype} (${shape.join(', ')}) in array ${JSON.stringify(name)}`,
      expected: `${needed}`,
    };
    throw present < needed ? new TruncatedPartitionError(fault) : new CorruptPartitionError(fault);
  }
  const strides = fortranOrder ? columnMajorStrides(shape) : rowMajorStrides(shape);
  return { name, dtype, shape, storage, offset: dataStart, strides, bigEndian };
}
