import { bytesPerElement, type Dtype } from '../run/tensor.js';

/** More axes than PyTorch (64) or NumPy (64) allow. */
const MAX_AXES = 64;

/**
 * What is wrong with a shape that a file announces, if anything: sizes that are no counts, too many axes, or more
 * bytes than numbers can count exactly. Files are not to be trusted, so every format reader asks this first.
 */
export function shapeFault(shape: readonly unknown[], dtype: Dtype): string | undefined {
  if (shape.length > MAX_AXES) return `${shape.length} axes, more than ${MAX_AXES}`;
  let bytes = bytesPerElement[dtype];
  for (const size of shape) {
    if (!isCount(size)) return `axis length ${String(size)}, not a whole number from 0`;
    bytes *= Math.max(size, 1);
    if (!Number.isSafeInteger(bytes)) return `shape (${shape.join(', ')}), too large to address`;
  }
  return undefined;
}

/** Whether a value of a file is a whole number from 0 that is exact in a JavaScript number. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
