import { bytesPerElement } from '../../run/tensor.js';
import { byteLengthOf, isRowMajor, type StoredArray, spanOf } from '../storedArray.js';

/** A run of bytes of a storage that is read in one piece, and what of the array it holds. */
export interface Block {
  /** In bytes from the start of the storage. */
  readonly offset: number;
  readonly length: number;
  /** Samples of which it holds elements: from `firstSample` up to, not including, `endSample`. */
  readonly firstSample: number;
  readonly endSample: number;
  readonly content: DenseRun | StridedBox;
}

/** The bytes are those of the dense array, from byte `target` of it on. */
export interface DenseRun {
  readonly kind: 'dense';
  readonly target: number;
}

/** The bytes hold the elements of a box of the array, `sizes` long from `starts` on, at the strides of the array. */
export interface StridedBox {
  readonly kind: 'strided';
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

/** Between two needed runs, fewer unneeded bytes than this are read with them rather than by a second request. */
const MAX_GAP_BYTES = 256 * 1024;

/**
 * Cuts an array into the pieces in which it is read, each about `chunkBytes` long and, where that fits, a whole number
 * of batches, in the order of their bytes in the storage.
 */
export function blocksOf(array: StoredArray, chunkBytes: number, batchSize: number): Block[] {
  if (array.shape.includes(0)) return [];
  return isRowMajor(array.shape, array.strides)
    ? denseBlocks(array, chunkBytes, batchSize)
    : stridedBlocks(array, chunkBytes);
}

function denseBlocks(array: StoredArray, chunkBytes: number, batchSize: number): Block[] {
  const total = byteLengthOf(array);
  const sampleBytes = total / (array.shape[0] ?? 1);
  const step = chunkLength(sampleBytes * batchSize, chunkBytes);
  const blocks: Block[] = [];
  for (let target = 0; target < total; target += step) {
    const length = Math.min(step, total - target);
    blocks.push({
      offset: array.offset + target,
      length,
      firstSample: Math.floor(target / sampleBytes),
      endSample: Math.ceil((target + length) / sampleBytes),
      content: { kind: 'dense', target },
    });
  }
  return blocks;
}

/** As many whole batches as fit, or an even part of one; parts are cut at multiples of the largest element. */
function chunkLength(batchBytes: number, chunkBytes: number): number {
  if (batchBytes <= chunkBytes) return Math.floor(chunkBytes / batchBytes) * batchBytes;
  const parts = Math.ceil(batchBytes / chunkBytes);
  return Math.ceil(batchBytes / parts / 8) * 8;
}

/** Splits along the axis with the largest stride first, so that each box is one near-contiguous run of the storage. */
function stridedBlocks(array: StoredArray, chunkBytes: number): Block[] {
  const elementBytes = bytesPerElement[array.dtype];
  const { strides } = array;
  const axes = strides
    .map((_, axis) => axis)
    .filter((axis) => array.shape[axis] > 1)
    .sort((a, b) => strides[b] - strides[a]);
  const blocks: Block[] = [];

  const emit = (starts: readonly number[], sizes: readonly number[]): void => {
    const first = starts.reduce((sum, start, axis) => sum + start * strides[axis], 0);
    blocks.push({
      offset: array.offset + first * elementBytes,
      length: spanOf(sizes, strides) * elementBytes,
      firstSample: starts[0],
      endSample: starts[0] + sizes[0],
      content: { kind: 'strided', starts, sizes },
    });
  };

  const split = (starts: readonly number[], sizes: readonly number[], depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined || isOneRead(sizes, depth)) {
      emit(starts, sizes);
      return;
    }
    const inner = sizes.with(axis, 1);
    const strideBytes = strides[axis] * elementBytes;
    const innerBytes = spanOf(inner, strides) * elementBytes;
    const fitting = Math.floor((chunkBytes - innerBytes) / strideBytes) + 1;
    const step = hasSmallGaps(sizes, depth) && fitting > 1 ? Math.min(fitting, sizes[axis]) : 1;
    for (let start = 0; start < sizes[axis]; start += step) {
      const size = Math.min(step, sizes[axis] - start);
      split(starts.with(axis, starts[axis] + start), sizes.with(axis, size), size === 1 ? depth + 1 : depth);
    }
  };

  const isOneRead = (sizes: readonly number[], depth: number): boolean =>
    spanOf(sizes, strides) * elementBytes <= chunkBytes && hasSmallGaps(sizes, depth);

  const hasSmallGaps = (sizes: readonly number[], depth: number): boolean => {
    let inner = sizes;
    return axes.slice(depth).every((axis) => {
      inner = inner.with(axis, 1);
      return (strides[axis] - spanOf(inner, strides)) * elementBytes <= MAX_GAP_BYTES;
    });
  };

  split(
    array.shape.map(() => 0),
    array.shape,
    0,
  );
  return blocks;
}
