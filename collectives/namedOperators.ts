import { withKernel } from './kernel/kernelOperator.js';
import { maxloc, minloc } from './locations.js';
import { elementwise, type Operator } from './operators.js';

const laws = { associative: true, commutative: true };

/**
 * The operators with a name: `MPI_SUM`, `PROD`, `MIN`, `MAX`, `MINLOC`, `MAXLOC`, and the bitwise `BAND`, `BOR`, `BXOR` of
 * integers. `min` and `max` of anything and NaN are NaN, and -0 is less than 0.
 */
export const operators = {
  sum: withKernel('sum', elementwise({ name: 'sum', ...laws, number: (a, b) => a + b, bigint: (a, b) => a + b })),
  prod: withKernel(
    'prod',
    elementwise({ name: 'prod', ...laws, number: (a, b) => a * b, int32: Math.imul, bigint: (a, b) => a * b }),
  ),
  min: withKernel('min', elementwise({ name: 'min', ...laws, number: Math.min, bigint: lesser })),
  max: withKernel('max', elementwise({ name: 'max', ...laws, number: Math.max, bigint: greater })),
  minloc,
  maxloc,
  and: elementwise({ name: 'and', ...laws, int32: (a, b) => a & b, bigint: (a, b) => a & b }),
  or: elementwise({ name: 'or', ...laws, int32: (a, b) => a | b, bigint: (a, b) => a | b }),
  xor: elementwise({ name: 'xor', ...laws, int32: (a, b) => a ^ b, bigint: (a, b) => a ^ b }),
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
