import type { Dtype } from '../../run/tensor.js';

/** Names of element types in the safetensors header. Source: safetensors `Dtype` in `safetensors/src/tensor.rs`. */
export const safetensorsDtypes: ReadonlyMap<string, Dtype> = new Map([
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['I64', 'int64'],
  ['U64', 'uint64'],
  ['BOOL', 'bool'],
]);
