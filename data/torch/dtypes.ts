import type { Dtype } from '../../run/tensor.js';

/** Element types of PyTorch's typed storages, by the name of their class in module `torch`. */
export const storageDtypes: ReadonlyMap<string, Dtype> = new Map([
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['FloatStorage', 'float32'],
  ['DoubleStorage', 'float64'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['ShortStorage', 'int16'],
  ['IntStorage', 'int32'],
  ['LongStorage', 'int64'],
  ['BoolStorage', 'bool'],
]);

/** The storage of element types that have no class of their own (torch 2.3 and later); it counts bytes. */
export const UNTYPED_STORAGE = 'UntypedStorage';

/** Element types that are named as such, by their name in module `torch`; they lie in untyped storages. */
export const namedDtypes: ReadonlyMap<string, Dtype> = new Map([
  ['uint16', 'uint16'],
  ['uint32', 'uint32'],
  ['uint64', 'uint64'],
]);
