import { rowMajorStrides } from '../storedArray.js';

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Where in a run of storage bytes the elements of a box lie, and where in the dense array they belong. */
export interface GatherShape {
  /** Bytes an element. */
  readonly elementBytes: number;
  /** Elements of the box along each axis. */
  readonly sizes: readonly number[];
  /** Strides of the storage, in elements. */
  readonly strides: readonly number[];
  /** Where the box starts in the dense array. */
  readonly starts: readonly number[];
  /** Shape of the dense array. */
  readonly shape: readonly number[];
}

/**
 * Copies the elements of a box from their places in the storage to their places in the dense row-major array.
 * Elements are moved as bit patterns, so that no NaN is changed on the way.
 *
 * @param source the storage from the first element of the box on, aligned to the element size
 * @param target the whole dense array
 */
export function gather(source: Uint8Array, target: Uint8Array, shape: GatherShape): void {
  const { from, to, wordsPerElement } = wordViews(source, target, shape.elementBytes);
  const targetStrides = rowMajorStrides(shape.shape);
  const start = shape.starts.reduce((sum, index, axis) => sum + index * targetStrides[axis], 0);
  const axes = [
    ...shape.sizes.map((size, axis) => ({
      size,
      from: shape.strides[axis] * wordsPerElement,
      to: targetStrides[axis] * wordsPerElement,
    })),
    { size: wordsPerElement, from: 1, to: 1 },
  ].filter(({ size }) => size > 1);
  copyAxis(from, 0, to, start * wordsPerElement, axes, 0);
}

interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

function copyAxis(from: Words, fromAt: number, to: Words, toAt: number, axes: readonly Axis[], depth: number): void {
  const axis = axes[depth];
  if (axis === undefined) {
    to[toAt] = from[fromAt];
  } else if (depth === axes.length - 1) {
    const { size, from: fromStep, to: toStep } = axis;
    for (let i = 0, a = fromAt, b = toAt; i < size; i++, a += fromStep, b += toStep) to[b] = from[a];
  } else {
    for (let i = 0; i < axis.size; i++) {
      copyAxis(from, fromAt + i * axis.from, to, toAt + i * axis.to, axes, depth + 1);
    }
  }
}

/** Eight-byte elements are moved as two words: a Float64Array may change NaN bits, a BigUint64Array is slow. */
function wordViews(source: Uint8Array, target: Uint8Array, elementBytes: number) {
  switch (elementBytes) {
    case 1:
      return { from: source, to: target, wordsPerElement: 1 };
    case 2:
      return { from: view16(source), to: view16(target), wordsPerElement: 1 };
    default:
      return { from: view32(source), to: view32(target), wordsPerElement: elementBytes / 4 };
  }
}

function view16(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
}

function view32(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Turns big-endian elements into little-endian ones, or back, in place. */
export function swapBytes(bytes: Uint8Array, elementBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (elementBytes === 2) buffer.swap16();
  else if (elementBytes === 4) buffer.swap32();
  else if (elementBytes === 8) buffer.swap64();
}
