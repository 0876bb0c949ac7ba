import type { NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type KernelOperator, ReductionKernel } from './reductionKernel.js';

/** Below, the copies to the kernel's memory cost more than the kernel saves. */
const MIN_BYTES = 2048;

/** The operators that have a kernel. */
const kernelNames = new WeakMap<Operator, KernelOperator>();

let kernel: ReductionKernel | undefined;
let isLoaded = false;

/** The kernel of this process, made on first use. */
function loadedKernel(): ReductionKernel | undefined {
  if (!isLoaded) {
    kernel = ReductionKernel.load();
    isLoaded = true;
  }
  return kernel;
}

/** The operator with the kernel for long arrays of the types that it knows. */
export function withKernel(name: KernelOperator, operator: Operator): Operator {
  const kernelled: Operator = {
    ...operator,
    combine(left: NumericArray, right: NumericArray, into: NumericArray) {
      const sameType = left.constructor === into.constructor && right.constructor === into.constructor;
      const done = sameType && into.byteLength >= MIN_BYTES ? loadedKernel()?.combine(name, left, right, into) : 0;
      if (!done) operator.combine(left, right, into);
      else if (done < into.length) operator.combine(left.subarray(done), right.subarray(done), into.subarray(done));
    },
  };
  kernelNames.set(kernelled, name);
  return kernelled;
}

/**
 * Puts several arrays of one type and length together at once, in the order of the steps, which ends with everything in
 * the place of the first array; faster than two at a time, because what is between stays in the kernel's memory.
 *
 * @returns how many elements from the start are done: none where the kernel does not know the operator or the type.
 */
export function foldByKernel(
  operator: Operator,
  arrays: readonly NumericArray[],
  steps: readonly (readonly [left: number, right: number])[],
  into: NumericArray,
): number {
  const name = kernelNames.get(operator);
  return (name && into.byteLength >= MIN_BYTES && loadedKernel()?.fold(name, arrays, steps, into)) || 0;
}
