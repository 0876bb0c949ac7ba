import { bytesOf, type NumericArray } from '../datatypes.js';
import { kernelModule } from './kernelModule.js';

/** Part of the operands that is worked on at once, measured best: it and its copies stay in the nearest cache. */
const BLOCK_BYTES = 8192;
/** The kernels work on whole turns of their loop. */
const TURN_BYTES = 64;
/** The kernel's memory. */
const MEMORY_BYTES = 65_536;

export type KernelOperator = 'sum' | 'prod' | 'min' | 'max';

type Kernel = (left: number, right: number, bytes: number) => void;

/** Suffix of the kernels for a type; sums and products wrap around alike with and without a sign. */
function suffixOf(operator: KernelOperator, array: NumericArray): string | undefined {
  if (array instanceof Float32Array) return 'F32';
  if (array instanceof Float64Array) return 'F64';
  if (array instanceof Int32Array) return 'I32';
  const wraps = operator === 'sum' || operator === 'prod';
  if (array instanceof Uint32Array) return wraps ? 'I32' : undefined;
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) return wraps ? 'I64' : undefined;
  return undefined;
}

/**
 * The reduction kernels of `scripts/kernelSource.ts`: an operator on four or two elements at once, with the bits that
 * the loop over single elements gives (but for the payload of NaN, which neither language fixes). Operands are copied
 * to the kernel's memory and back, a block at a time; that is still many times faster than the loop.
 */
export class ReductionKernel {
  readonly #memory: Uint8Array;
  readonly #left: Uint8Array;
  readonly #right: Uint8Array;
  readonly #kernels: ReadonlyMap<string, Kernel>;

  private constructor(memory: WebAssembly.Memory, kernels: ReadonlyMap<string, Kernel>) {
    this.#memory = new Uint8Array(memory.buffer, 0, MEMORY_BYTES);
    this.#left = new Uint8Array(memory.buffer, 0, BLOCK_BYTES);
    this.#right = new Uint8Array(memory.buffer, BLOCK_BYTES, BLOCK_BYTES);
    this.#kernels = kernels;
  }

  /** `undefined` on a platform without vectors. */
  static load(): ReductionKernel | undefined {
    const bytes = Buffer.from(kernelModule, 'base64');
    if (!WebAssembly.validate(bytes)) return undefined;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const { memory } = exports;
    if (!(memory instanceof WebAssembly.Memory)) return undefined;
    const kernels = Object.entries(exports).flatMap(([name, kernel]): [string, Kernel][] =>
      typeof kernel === 'function' ? [[name, (left, right, length) => kernel(left, right, length)]] : [],
    );
    return new ReductionKernel(memory, new Map(kernels));
  }

  /**
   * Combines as many elements from the start as fill whole turns, and returns how many these are; none for a type that
   * has no kernel.
   */
  combine(operator: KernelOperator, left: NumericArray, right: NumericArray, into: NumericArray): number {
    const kernel = this.#kernels.get(`${operator}${suffixOf(operator, into)}`);
    if (!kernel) return 0;
    const [a, b, result] = [bytesOf(left), bytesOf(right), bytesOf(into)];
    const bytes = result.byteLength - (result.byteLength % TURN_BYTES);
    for (let start = 0; start < bytes; start += BLOCK_BYTES) {
      const end = Math.min(start + BLOCK_BYTES, bytes);
      this.#left.set(a.subarray(start, end));
      this.#right.set(b.subarray(start, end));
      kernel(0, BLOCK_BYTES, end - start);
      result.set(this.#left.subarray(0, end - start), start);
    }
    return bytes / into.BYTES_PER_ELEMENT;
  }

  /**
   * Combines several arrays as `foldByKernel` says: as many elements from the start as fill whole turns, whose number it
   * returns; none for a type that has no kernel, or for more arrays than its memory has place for.
   */
  fold(
    operator: KernelOperator,
    arrays: readonly NumericArray[],
    steps: readonly (readonly [left: number, right: number])[],
    into: NumericArray,
  ): number {
    const kernel = this.#kernels.get(`${operator}${suffixOf(operator, into)}`);
    const share = Math.min(BLOCK_BYTES, Math.floor(MEMORY_BYTES / arrays.length));
    const blockBytes = share - (share % TURN_BYTES);
    if (!kernel || blockBytes === 0) return 0;
    const sources = arrays.map(bytesOf);
    const result = bytesOf(into);
    const bytes = result.byteLength - (result.byteLength % TURN_BYTES);
    for (let start = 0; start < bytes; start += blockBytes) {
      const end = Math.min(start + blockBytes, bytes);
      for (const [place, source] of sources.entries())
        this.#memory.set(source.subarray(start, end), place * blockBytes);
      for (const [left, right] of steps) kernel(left * blockBytes, right * blockBytes, end - start);
      result.set(this.#memory.subarray(0, end - start), start);
    }
    return bytes / into.BYTES_PER_ELEMENT;
  }
}
