import { type BigIntArray, isBigIntArray, type NumberArray, type NumericArray } from './datatypes.js';
import { UnsupportedDataError } from './errors.js';

/** How a reduction puts two partial results together (an `MPI_Op`). */
export interface Operator {
  readonly name: string;
  /**
   * Whether `(a . b) . c` may be taken for `a . (b . c)`. If not, the elements are taken strictly from left to right. A
   * floating-point sum counts as associative: its order is fixed, so its rounding is too.
   */
  readonly associative: boolean;
  /**
   * Whether `a . b` is `b . a`. If not, `left` always stems from lower ranks than `right`. No algorithm here relies on
   * it: all keep the order of the ranks, because a result must have the same bits in every run.
   */
  readonly commutative: boolean;
  /**
   * Number of neighbouring elements that make an item, such as 2 for pairs of value and location; arrays hold whole items.
   * Long arrays are then worked on in parts, each of whole items. Left out, `combine` always sees whole arrays.
   */
  readonly itemLength?: number;
  /** Writes `left . right` to `into`, which may be either of them. All three have one type and one length. */
  combine(left: NumericArray, right: NumericArray, into: NumericArray): void;
}

/** What `elementwise` makes an operator of. */
export interface ElementwiseOperator {
  readonly name: string;
  readonly associative: boolean;
  readonly commutative: boolean;
  /**
   * For arrays of numbers. The result is stored as the array stores numbers: integers wrap around as in C. Without it
   * they are refused, unless they are integers and `int32` is there.
   */
  number?(left: number, right: number): number;
  /** For arrays of 32-bit integers, where the double `number` works with would lose low bits; shorter ones without `number`. */
  int32?(left: number, right: number): number;
  /** For arrays of 64-bit integers. Without it they are refused. */
  bigint?(left: bigint, right: bigint): bigint;
}

/**
 * An operator that works on one element at a time (`MPI_Op_create`).
 *
 * @example
 * const minus = elementwise({ name: 'minus', associative: false, commutative: false, number: (a, b) => a - b });
 */
export function elementwise(definition: ElementwiseOperator): Operator {
  const { name, associative, commutative, bigint } = definition;
  return {
    name,
    associative,
    commutative,
    itemLength: 1,
    combine(left, right, into) {
      if (isBigIntArray(left) && isBigIntArray(right) && isBigIntArray(into)) {
        if (!bigint) throw new UnsupportedDataError(`operator ${name} is not defined for 64-bit integers`);
        combineBigInts(bigint, left, right, into);
      } else if (!isBigIntArray(left) && !isBigIntArray(right) && !isBigIntArray(into)) {
        const element = elementFor(definition, into);
        if (!element) throw new UnsupportedDataError(`operator ${name} is not defined for ${into.constructor.name}`);
        combineNumbers(element, left, right, into);
      } else throw new UnsupportedDataError(`operator ${name} got arrays of two kinds`);
    },
  };
}

type Combine<T> = (left: T, right: T) => T;

function elementFor({ number, int32 }: ElementwiseOperator, array: NumberArray): Combine<number> | undefined {
  if (array instanceof Float32Array || array instanceof Float64Array) return number;
  if (array instanceof Int32Array || array instanceof Uint32Array) return int32 ?? number;
  return number ?? int32;
}

function combineNumbers(element: Combine<number>, left: NumberArray, right: NumberArray, into: NumberArray): void {
  for (let index = 0; index < into.length; index++) into[index] = element(left[index]!, right[index]!);
}

function combineBigInts(element: Combine<bigint>, left: BigIntArray, right: BigIntArray, into: BigIntArray): void {
  for (let index = 0; index < into.length; index++) into[index] = element(left[index]!, right[index]!);
}
