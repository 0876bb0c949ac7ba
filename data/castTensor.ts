import { bytesPerElement, type Dtype, type Tensor, type TensorData } from '../run/tensor.js';
import { UnsupportedCastError } from './errors.js';
import { BFLOAT16, encodeSmallFloat, FLOAT16, float16ToFloat32Table } from './smallFloats.js';
import { newBuffer, typedView } from './storedArray.js';

const floats: ReadonlySet<Dtype> = new Set(['float16', 'bfloat16', 'float32', 'float64']);

/** What each integer type holds. */
const integerRanges: ReadonlyMap<Dtype, readonly [bigint, bigint]> = new Map([
  ['int8', [-(2n ** 7n), 2n ** 7n - 1n]],
  ['uint8', [0n, 2n ** 8n - 1n]],
  ['int16', [-(2n ** 15n), 2n ** 15n - 1n]],
  ['uint16', [0n, 2n ** 16n - 1n]],
  ['int32', [-(2n ** 31n), 2n ** 31n - 1n]],
  ['uint32', [0n, 2n ** 32n - 1n]],
  ['int64', [-(2n ** 63n), 2n ** 63n - 1n]],
  ['uint64', [0n, 2n ** 64n - 1n]],
] as const);

/**
 * The same values as elements of another type.
 *
 * To a float type every value is rounded once, to the nearest, ties to even (IEEE 754), as NumPy and PyTorch do. To an
 * integer type only integers and booleans can be cast, and only when every value fits. A tensor that has the type
 * already is given back as it is; a new one can be shared with worker threads when the old one could.
 *
 * @throws UnsupportedCastError for floats to integers or booleans, and for the first integer that does not fit.
 */
export function castTensor(tensor: Tensor, dtype: Dtype): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const shared = tensor.data.buffer instanceof SharedArrayBuffer;
  const buffer = newBuffer(tensor.data.length * bytesPerElement[dtype], shared);
  const data = typedView(dtype, buffer, 0, tensor.data.length);
  if (floats.has(dtype)) castToFloat(tensor, dtype, data);
  else castToInteger(tensor, dtype, data);
  return { dtype, shape: tensor.shape, data };
}

function castToFloat(tensor: Tensor, dtype: Dtype, target: TensorData): void {
  const source = widened(tensor);
  if (target instanceof Float32Array) {
    if (source instanceof Float32Array) copyBits(source, target);
    else if (isBig(source)) for (let i = 0; i < source.length; i++) target[i] = toOddNumber(source[i]);
    else target.set(source);
  } else if (target instanceof Float64Array) {
    if (isBig(source)) for (let i = 0; i < source.length; i++) target[i] = Number(source[i]);
    else target.set(source);
  } else if (target instanceof Uint16Array) {
    const format = dtype === 'float16' ? FLOAT16 : BFLOAT16;
    if (isBig(source))
      for (let i = 0; i < source.length; i++) target[i] = encodeSmallFloat(toOddNumber(source[i]), format);
    else for (let i = 0; i < source.length; i++) target[i] = encodeSmallFloat(source[i], format);
  }
}

function castToInteger(tensor: Tensor, dtype: Dtype, target: TensorData): void {
  const range = integerRanges.get(dtype);
  if (!range || floats.has(tensor.dtype)) throw new UnsupportedCastError(`Cannot cast ${tensor.dtype} to ${dtype}.`);
  const [lowest, highest] = range;
  const source = tensor.data;
  for (let i = 0; i < source.length; i++) {
    const value = source[i];
    if (value < lowest || value > highest) {
      throw new UnsupportedCastError(`Cannot cast ${tensor.dtype} to ${dtype}: element ${i} is ${value}.`);
    }
    if (isBig(target)) target[i] = BigInt(value);
    else target[i] = Number(value);
  }
}

/** Elements as numbers that are exactly their values: 16-bit floats as floats, everything else as it is. */
function widened({ dtype, data }: Tensor): TensorData {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return data;
  const bits = new Uint32Array(data.length);
  if (dtype === 'float16') {
    const table = float16ToFloat32Table();
    for (let i = 0; i < bits.length; i++) bits[i] = table[Number(data[i])];
  } else {
    for (let i = 0; i < bits.length; i++) bits[i] = Number(data[i]) << 16;
  }
  return new Float32Array(bits.buffer);
}

function copyBits(source: Float32Array, target: Float32Array): void {
  const words = (array: Float32Array) => new Uint32Array(array.buffer, array.byteOffset, array.length);
  words(target).set(words(source));
}

function isBig(data: TensorData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/**
 * A 64-bit integer as a double rounded to odd: what is cut off stays visible in the last bit, so that rounding the
 * double once more, to a shorter float, gives what rounding the integer itself would have given.
 * Source: Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd".
 */
function toOddNumber(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  const cut = 12n;
  const kept = magnitude >> cut;
  const odd = Number((magnitude & ((1n << cut) - 1n)) === 0n ? kept : kept | 1n) * 2 ** Number(cut);
  return value < 0n ? -odd : odd;
}
