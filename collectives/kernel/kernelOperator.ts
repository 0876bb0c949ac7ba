import type { NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type KernelOperator, ReductionKernel } from './reductionKernel.js';

/** Below, the copies to the kernel's memory cost more than the kernel saves. */
const MIN_BYTES = 2048;

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
  return {
    ...operator,
    combine(left: NumericArray, right: NumericArray, into: NumericArray) {
      const sameType = left.constructor === into.constructor && right.constructor === into.constructor;
      const done = sameType && into.byteLength >= MIN_BYTES ? loadedKernel()?.combine(name, left, right, into) : 0;
      if (!done) operator.combine(left, right, into);
      else if (done < into.length) operator.combine(left.subarray(done), right.subarray(done), into.subarray(done));
    },
  };
}
