import type { NumericArray } from '../../collectives/datatypes.js';
import type { Operator } from '../../collectives/operators.js';

/*
 * What the reductions must come to, worked out at one place. The order is written down here once more, in another way than
 * in the algorithms, so that floating-point results can be compared bit for bit.
 */

export function combined(operator: Operator, left: NumericArray, right: NumericArray): NumericArray {
  const into = right.slice();
  operator.combine(left, right, into);
  return into;
}

/** All parts: neighbours first if the operator is associative, else from left to right. */
export function reduced(parts: readonly NumericArray[], operator: Operator): NumericArray {
  if (!operator.associative) return leftToRight(parts, operator);
  let power = 1;
  while (power * 2 <= parts.length) power *= 2;
  const extra = parts.length - power;
  let row: NumericArray[] = Array.from({ length: power }, (_, block) =>
    block < extra ? combined(operator, parts[2 * block]!, parts[2 * block + 1]!) : parts[block + extra]!,
  );
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, pair) => combined(operator, row[2 * pair]!, row[2 * pair + 1]!));
  }
  return row[0]!.slice();
}

export function leftToRight(parts: readonly NumericArray[], operator: Operator): NumericArray {
  return parts.slice(1).reduce((left, right) => combined(operator, left, right), parts[0]!.slice());
}

/** Parts 0 to each, by windows that double. */
export function scannedByDoubling(parts: readonly NumericArray[], operator: Operator): NumericArray[] {
  let row: NumericArray[] = parts.map((part) => part.slice());
  for (let width = 1; width < parts.length; width *= 2) {
    const before = row;
    row = before.map((part, rank) => (rank < width ? part : combined(operator, before[rank - width]!, part)));
  }
  return row;
}

export function scannedFromLeft(parts: readonly NumericArray[], operator: Operator): NumericArray[] {
  return parts.map((_, rank) => leftToRight(parts.slice(0, rank + 1), operator));
}

export function bits(array: NumericArray | undefined): string {
  return array
    ? `${array.constructor.name} ${Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex')}`
    : 'none';
}
