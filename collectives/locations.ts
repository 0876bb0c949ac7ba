import { type BigIntArray, isBigIntArray, type NumberArray, type NumericArray } from './datatypes.js';
import { UnsupportedDataError } from './errors.js';
import type { Operator } from './operators.js';

/**
 * The pairs that `minloc` and `maxloc` work on: each value followed by its location, such as the rank that brings it.
 *
 * @example
 * const [least, rank] = await world.allreduce(withLocation([loss], world.rank), 'minloc');
 */
export function withLocation(values: ArrayLike<number>, location: number): Float64Array {
  return Float64Array.from({ length: 2 * values.length }, (_, index) =>
    index % 2 === 0 ? values[index / 2]! : location,
  );
}

/** The least value with its location, of equal ones the lowest location (`MPI_MINLOC`). NaN is less than anything. */
export const minloc = locating('minloc', (a, b) => a < b);

/** The greatest value with its location, of equal ones the lowest location (`MPI_MAXLOC`). NaN is greater than anything. */
export const maxloc = locating('maxloc', (a, b) => a > b);

type Precedes = (a: number | bigint, b: number | bigint) => boolean;

function locating(name: string, precedes: Precedes): Operator {
  return {
    name,
    associative: true,
    commutative: true,
    itemLength: 2,
    combine(left, right, into) {
      if (isBigIntArray(left) && isBigIntArray(right) && isBigIntArray(into)) pickBigInts(precedes, left, right, into);
      else if (!isBigIntArray(left) && !isBigIntArray(right) && !isBigIntArray(into)) {
        pickNumbers(precedes, left, right, into);
      } else throw new UnsupportedDataError(`operator ${name} got arrays of two kinds`);
    },
  };
}

function pickNumbers(precedes: Precedes, left: NumberArray, right: NumberArray, into: NumberArray): void {
  for (let index = 0; index < into.length; index += 2) {
    const source = takesRight(precedes, left, right, index) ? right : left;
    const [value, location] = [source[index]!, source[index + 1]!];
    into[index] = value;
    into[index + 1] = location;
  }
}

function pickBigInts(precedes: Precedes, left: BigIntArray, right: BigIntArray, into: BigIntArray): void {
  for (let index = 0; index < into.length; index += 2) {
    const source = takesRight(precedes, left, right, index) ? right : left;
    const [value, location] = [source[index]!, source[index + 1]!];
    into[index] = value;
    into[index + 1] = location;
  }
}

function takesRight(precedes: Precedes, left: NumericArray, right: NumericArray, index: number): boolean {
  const [a, b] = [left[index]!, right[index]!];
  if (precedes(b, a)) return true;
  if (precedes(a, b)) return false;
  // Neither precedes: they are equal, or one is NaN (the only value that is not itself).
  const [isNaNa, isNaNb] = [Number.isNaN(a), Number.isNaN(b)];
  return isNaNa === isNaNb ? right[index + 1]! < left[index + 1]! : isNaNb;
}
