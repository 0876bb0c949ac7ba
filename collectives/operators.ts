import type { BigIntArray, NumberArray, NumericArray } from './datatypes.js';
import { UnsupportedDataError } from './errors.js';

/** How a reduction puts two partial results together. */
export interface Operator {
  readonly name: string;
  /**
   * Whether `(a . b) . c` may be taken for `a . (b . c)`. If not, the elements are taken strictly from left to right at
   * one rank. A floating-point sum counts as associative: its order is fixed, so its rounding is too.
   */
  readonly associative: boolean;
  /** Whether `a . b` is `b . a`. If not, `left` always stems from lower ranks than `right`. */
  readonly commutative: boolean;
  /** Writes `left . right` to `into`, which may be either of them. All three have one type and one length. */
  combine(left: NumericArray, right: NumericArray, into: NumericArray): void;
}

/** What `elementwise` makes an operator of. */
export interface ElementwiseOperator {
  readonly name: string;
  readonly associative: boolean;
  readonly commutative: boolean;
  /** For arrays of numbers. The result is stored as the array stores numbers: integers wrap around as in C. */
  number(left: number, right: number): number;
  /** For arrays of 32-bit integers, where the double `number` works with would lose low bits. */
  int32?(left: number, right: number): number;
  /** For arrays of 64-bit integers. Without it they are refused. */
  bigint?(left: bigint, right: bigint): bigint;
}

/**
 * An operator that works on one element at a time.
 *
 * @example
 * const minus = elementwise({ name: 'minus', associative: false, commutative: false, number: (a, b) => a - b });
 */
export function elementwise(definition: ElementwiseOperator): Operator {
  const { name, associative, commutative, number, int32, bigint } = definition;
  return {
    name,
    associative,
    commutative,
    combine(left, right, into) {
      if (isBigIntArray(left) && isBigIntArray(right) && isBigIntArray(into)) {
        if (!bigint) throw new UnsupportedDataError(`operator ${name} is not defined for 64-bit integers`);
        for (let index = 0; index < into.length; index++) into[index] = bigint(left[index]!, right[index]!);
      } else if (isNumberArray(left) && isNumberArray(right) && isNumberArray(into)) {
        const element = int32 && (into instanceof Int32Array || into instanceof Uint32Array) ? int32 : number;
        for (let index = 0; index < into.length; index++) into[index] = element(left[index]!, right[index]!);
      } else throw new UnsupportedDataError(`operator ${name} got arrays of two kinds`);
    },
  };
}

const laws = { associative: true, commutative: true };

/** The operators with a name. `min` and `max` of anything and NaN are NaN. */
export const operators = {
  sum: elementwise({ name: 'sum', ...laws, number: (a, b) => a + b, bigint: (a, b) => a + b }),
  prod: elementwise({ name: 'prod', ...laws, number: (a, b) => a * b, int32: Math.imul, bigint: (a, b) => a * b }),
  min: elementwise({ name: 'min', ...laws, number: Math.min, bigint: lesser }),
  max: elementwise({ name: 'max', ...laws, number: Math.max, bigint: greater }),
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof operators;

/** `Math.min` of 64-bit integers. */
function lesser(a: bigint, b: bigint): bigint {
  if (b < a) return b;
  return a;
}

function greater(a: bigint, b: bigint): bigint {
  if (b > a) return b;
  return a;
}

function isBigIntArray(array: NumericArray): array is BigIntArray {
  return array instanceof BigInt64Array || array instanceof BigUint64Array;
}

function isNumberArray(array: NumericArray): array is NumberArray {
  return !isBigIntArray(array);
}
