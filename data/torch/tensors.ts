import { bytesPerElement, type Dtype, elementCount } from '../../run/tensor.js';
import { shapeFault } from '../arrayShape.js';
import { CorruptPartitionError, PickleRefusedError, UnsupportedPartitionError } from '../errors.js';
import { type Storage, type StoredArray, spanOf } from '../storedArray.js';
import { TENSOR_DATASET } from './allowList.js';
import { namedDtypes, storageDtypes, UNTYPED_STORAGE } from './dtypes.js';
import {
  describe,
  PickleDict,
  PickleList,
  PickleObject,
  PickleTuple,
  type PickleValue,
  type StorageReference,
  TensorReference,
} from './pickleValues.js';

/** A view that repeats elements of its storage may be at most this large: a small file must not ask for much memory. */
const MAX_REPEATED_BYTES = 64 * 1024 * 1024;

/** Bytes of a storage, from what its reference says. */
export function storageLength(reference: StorageReference): number {
  const dtype = storageDtypes.get(reference.type);
  return reference.elementCount * (dtype ? bytesPerElement[dtype] : 1);
}

/**
 * The tensors of what a torch file holds, by name: a TensorDataset, tuple or list of tensors by position, a dict by key,
 * a single tensor as `0`.
 *
 * @param at byte of the file at which the pickle starts, for messages
 */
export function namedTensors(file: string, root: PickleValue, at: number): Map<string, TensorReference> {
  const tensors = new Map<string, TensorReference>();
  for (const [key, value] of entriesOf(file, root, at)) {
    if (typeof key !== 'string' && typeof key !== 'number') {
      return refuse(file, at, `a dict with ${describe(key)} as a key`, 'keys that are strings or numbers');
    }
    const name = String(key);
    if (!(value instanceof TensorReference)) {
      return refuse(file, at, `${describe(value)} as entry ${JSON.stringify(name).slice(0, 80)}`, 'a tensor');
    }
    if (tensors.has(name)) return refuse(file, at, `two entries called ${name}`, 'every name once');
    tensors.set(name, value);
  }
  return tensors;
}

function entriesOf(file: string, root: PickleValue, at: number): Iterable<[PickleValue, PickleValue]> {
  if (root instanceof TensorReference) return [[0, root]];
  if (root instanceof PickleDict) return root.entries;
  const items = root instanceof PickleObject ? root.state?.entries.get('tensors') : root;
  if (items instanceof PickleTuple || items instanceof PickleList) return items.items.entries();
  const found = root instanceof PickleObject ? `${describe(items)} as the tensors of a TensorDataset` : describe(root);
  return refuse(file, at, found, `a ${TENSOR_DATASET}, a tuple, list or dict of tensors, or a tensor`);
}

function refuse(file: string, offset: number, found: string, expected: string): never {
  throw new PickleRefusedError({ file, offset, found: `a pickle with ${found}`, expected });
}

/** A tensor as an array of its storage, after its view has been checked against the storage. */
export function tensorArray(
  file: string,
  name: string,
  tensor: TensorReference,
  storage: Storage,
  bigEndian: boolean,
): StoredArray {
  const { shape, strides } = tensor;
  const dtype = dtypeOf(file, tensor);
  const elementBytes = bytesPerElement[dtype];
  const fault = shape.length === strides.length ? shapeFault(shape, dtype) : 'a different number of strides';
  if (fault) throw corrupt(file, name, tensor, `shape (${shape.join(', ')}): ${fault}`, 'a sound shape');
  const span = spanOf(shape, strides);
  const available = Math.floor(storage.length / elementBytes);
  if (span > 0 && !(tensor.offset + span <= available)) {
    const found = `a view of elements ${tensor.offset} to ${tensor.offset + span - 1}`;
    throw corrupt(file, name, tensor, found, `a storage that has them; ${tensor.storage.key} has ${available}`);
  }
  checkOverlap(file, name, tensor, elementBytes);
  return { name, dtype, shape, storage, offset: span > 0 ? tensor.offset * elementBytes : 0, strides, bigEndian };
}

function dtypeOf(file: string, tensor: TensorReference): Dtype {
  const { storage, dtypeName, at } = tensor;
  const isUntyped = storage.type === UNTYPED_STORAGE;
  const dtype = dtypeName === undefined ? storageDtypes.get(storage.type) : namedDtypes.get(dtypeName);
  if (!dtype || isUntyped !== (dtypeName !== undefined)) {
    return refuse(file, at, `a ${dtypeName ?? 'tensor'} in a ${storage.type}`, 'a storage of the type of its tensor');
  }
  return dtype;
}

/** Elements may be repeated (stride 0), but runs that partly overlap each other are not what datasets are. */
function checkOverlap(file: string, name: string, { shape, strides, at }: TensorReference, elementBytes: number): void {
  const axes = strides.map((stride, axis) => ({ stride, size: shape[axis] })).filter(({ size }) => size > 1);
  const repeats = axes.some(({ stride }) => stride === 0);
  const moving = axes.filter(({ stride }) => stride > 0).sort((a, b) => a.stride - b.stride);
  let span = 1;
  const overlaps = moving.some(({ stride, size }) => {
    const overlap = stride < span;
    span += (size - 1) * stride;
    return overlap;
  });
  const bytes = elementCount(shape) * elementBytes;
  if (!overlaps && !(repeats && bytes > MAX_REPEATED_BYTES)) return;
  throw new UnsupportedPartitionError({
    file,
    offset: at,
    found: `array ${JSON.stringify(name)}: a view that ${overlaps ? 'overlaps itself' : `repeats itself to ${bytes} bytes`}`,
    expected: `elements that lie apart, or repeat to at most ${MAX_REPEATED_BYTES} bytes`,
    remedy: 'Save tensor.contiguous() instead of the view.',
  });
}

function corrupt(file: string, name: string, tensor: TensorReference, found: string, expected: string) {
  return new CorruptPartitionError({
    file,
    offset: tensor.at,
    found: `array ${JSON.stringify(name)}: ${found}`,
    expected,
  });
}
