import { bytesPerElement, type Dtype, elementCount, type TensorData } from '../run/tensor.js';
import type { ByteSource } from '../storage/byteSource.js';

/** What a partition says of one of its arrays. */
export interface ArrayInfo {
  readonly name: string;
  readonly dtype: Dtype;
  /** Axis 0 counts samples. */
  readonly shape: readonly number[];
}

/** A run of bytes of the file that holds array elements as they are. */
export interface PlainRegion {
  readonly kind: 'plain';
  readonly source: ByteSource;
  /** Byte offset in the source. */
  readonly offset: number;
  readonly length: number;
  readonly checksum?: Checksum;
}

/** What the file records of a run: CRC-32 of the run, when the bytes before it that count too have the CRC `seed`. */
export interface Checksum {
  readonly seed: number;
  readonly recorded: number;
}

/** A run of bytes of the file that holds array elements as a raw DEFLATE stream. */
export interface DeflatedRegion {
  readonly kind: 'deflated';
  readonly source: ByteSource;
  readonly offset: number;
  readonly compressedLength: number;
  /** Length after inflation. */
  readonly length: number;
  readonly checksum?: Checksum;
  /** What messages call it. */
  readonly entry: string;
}

export type Region = PlainRegion | DeflatedRegion;

/** Bytes in which one or more arrays lie; where they start in the file may only become known when they are needed. */
export interface Storage {
  /** Length in bytes (after inflation). */
  readonly length: number;
  /** Finds and checks the place in the file. Costs no read when that part of the file is already at hand. */
  locate(signal?: AbortSignal): Promise<Region>;
}

/** An array as it lies in its file: element `(i, j, ...)` starts `offset + (i * strides[0] + ...) * element size` bytes into the storage. */
export interface StoredArray extends ArrayInfo {
  readonly storage: Storage;
  /** In bytes from the start of the storage. */
  readonly offset: number;
  /** In elements, one an axis, never negative; 0 repeats. */
  readonly strides: readonly number[];
  readonly bigEndian: boolean;
}

/** Strides, in elements, of a dense row-major array. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Strides, in elements, of a dense column-major (Fortran) array. */
export function columnMajorStrides(shape: readonly number[]): number[] {
  return rowMajorStrides([...shape].reverse()).reverse();
}

/** Elements from the first to the last that a strided view touches, both included; 0 for an empty one. */
export function spanOf(sizes: readonly number[], strides: readonly number[]): number {
  if (sizes.includes(0)) return 0;
  return sizes.reduce((span, size, axis) => span + (size - 1) * strides[axis], 1);
}

/** Whether the elements of a view lie one after the other in row-major order. */
export function isRowMajor(sizes: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    if (sizes[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= sizes[axis];
  }
  return true;
}

/** Bytes of an array once it is dense. */
export function byteLengthOf(array: ArrayInfo): number {
  return elementCount(array.shape) * bytesPerElement[array.dtype];
}

/** The samples from `start` on, `count` of them, as an array of its own. */
export function sliceSamples(array: StoredArray, start: number, count: number, elementBytes: number): StoredArray {
  return {
    ...array,
    shape: [count, ...array.shape.slice(1)],
    offset: array.offset + start * array.strides[0] * elementBytes,
  };
}

/** A buffer of zeros: one that threads can share, or a plain one. */
export function newBuffer(byteLength: number, shared: boolean): ArrayBufferLike {
  return shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength);
}

/** A typed view of part of a buffer as elements of a dtype. */
export function typedView(dtype: Dtype, buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, length);
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, length);
  }
}
