import type { Dtype } from '../../run/tensor.js';
import { PartitionWriteError } from '../errors.js';
import { numpyCodes } from '../numpy/dtypes.js';
import { NPY_MAGIC } from '../numpy/npyHeader.js';
import { byteLengthOf } from '../storedArray.js';
import { type ArrayContent, checkedContent, checkNames, type EncodedFile, restartable } from './arrayContent.js';
import { writeZip } from './zip.js';

const codes: ReadonlyMap<Dtype, string> = new Map([...numpyCodes].map(([code, dtype]) => [dtype, code]));
/** NumPy starts the data at a multiple of this. */
const ALIGNMENT = 64;

/**
 * Encodes one array as an `.npy` file, version 1.0. Its name is not part of the file.
 *
 * @throws PartitionWriteError for bfloat16, which NumPy does not have.
 */
export function writeNpy(array: ArrayContent): EncodedFile {
  const header = encodeHeader(array);
  return {
    byteLength: header.length + byteLengthOf(array),
    content: restartable(async function* () {
      yield header;
      yield* checkedContent(array);
    }),
  };
}

/**
 * Encodes arrays as an `.npz` file, uncompressed like those of `numpy.savez`.
 *
 * @throws PartitionWriteError when two arrays have the same name, and for bfloat16.
 */
export function writeNpz(arrays: readonly ArrayContent[]): EncodedFile {
  checkNames(arrays);
  return writeZip(arrays.map((array) => ({ name: `${array.name}.npy`, file: writeNpy(array) })));
}

function encodeHeader({ name, dtype, shape }: ArrayContent): Buffer {
  const code = codes.get(dtype);
  if (!code) {
    throw new PartitionWriteError(`Array ${JSON.stringify(name)}: NumPy has no ${dtype}.`, {
      remedy: 'Write .safetensors or .pt, or cast it to float32.',
    });
  }
  const order = code.endsWith('1') ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = NPY_MAGIC.length + 4;
  const length = Math.ceil((prefix + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = Buffer.alloc(length, ' ');
  NPY_MAGIC.copy(bytes);
  bytes.writeUInt8(1, 6);
  bytes.writeUInt8(0, 7);
  bytes.writeUInt16LE(length - prefix, 8);
  bytes.write(text, prefix);
  bytes.write('\n', length - 1);
  return bytes;
}
