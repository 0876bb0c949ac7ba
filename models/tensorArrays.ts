import { bytesPerElement, type Dtype, elementCount, type Tensor, type TensorData } from '../run/tensor.js';

interface TensorArray {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TensorData;
  readonly name: string;
}

/** The typed array that carries the elements of each dtype. */
export const tensorArrays: Readonly<Record<Dtype, TensorArray>> = {
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** A tensor over bytes that lie at `offset` of `buffer`, without copying; `offset` must be a multiple of the element's size. */
export function tensorOver(dtype: Dtype, shape: readonly number[], buffer: ArrayBufferLike, offset = 0): Tensor {
  return { dtype, shape, data: new tensorArrays[dtype](buffer, offset, elementCount(shape)) };
}

/** A tensor of zeros. */
export function zeroTensor(dtype: Dtype, shape: readonly number[]): Tensor {
  return tensorOver(dtype, shape, new ArrayBuffer(elementCount(shape) * bytesPerElement[dtype]));
}

/** The bytes of a tensor's elements, without copying. */
export function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Rows `start` to `start + count` along the first axis, without copying. */
export function rowsOf(tensor: Tensor, start: number, count: number): Tensor {
  const [, ...row] = tensor.shape;
  const { buffer, byteOffset } = tensor.data;
  const rowBytes = elementCount(row) * bytesPerElement[tensor.dtype];
  return tensorOver(tensor.dtype, [count, ...row], buffer, byteOffset + start * rowBytes);
}
