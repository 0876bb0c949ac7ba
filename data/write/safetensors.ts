import type { Dtype } from '../../run/tensor.js';
import { safetensorsDtypes } from '../safetensors/dtypes.js';
import { byteLengthOf } from '../storedArray.js';
import { type ArrayContent, checkedContent, checkNames, type EncodedFile, restartable } from './arrayContent.js';

const names: ReadonlyMap<Dtype, string> = new Map([...safetensorsDtypes].map(([name, dtype]) => [dtype, name]));
/** Data starts at a multiple of this, so that a mapped file can be used as it is. */
const ALIGNMENT = 8;

/**
 * Encodes arrays as a `.safetensors` file, one after the other.
 *
 * @throws PartitionWriteError when two arrays have the same name, or one a name that the format reserves.
 */
export function writeSafetensors(
  arrays: readonly ArrayContent[],
  metadata?: Readonly<Record<string, string>>,
): EncodedFile {
  checkNames(arrays, ['__metadata__']);
  let end = 0;
  const tensors = arrays.map((array) => {
    const begin = end;
    end += byteLengthOf(array);
    return [array.name, { dtype: names.get(array.dtype), shape: array.shape, data_offsets: [begin, end] }] as const;
  });
  const entries = metadata ? [['__metadata__', metadata] as const, ...tensors] : tensors;
  const header = encodeHeader(Object.fromEntries<unknown>(entries));
  return {
    byteLength: header.length + end,
    content: restartable(async function* () {
      yield header;
      for (const array of arrays) yield* checkedContent(array);
    }),
  };
}

function encodeHeader(header: Readonly<Record<string, unknown>>): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  text.copy(bytes, 8);
  return bytes;
}
