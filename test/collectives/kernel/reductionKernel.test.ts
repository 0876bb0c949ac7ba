import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reductionSteps } from '../../../collectives/algorithms/reductionTree.js';
import type { NumericArray } from '../../../collectives/datatypes.js';
import { kernelModule } from '../../../collectives/kernel/kernelModule.js';
import { foldByKernel, withKernel } from '../../../collectives/kernel/kernelOperator.js';
import { ReductionKernel } from '../../../collectives/kernel/reductionKernel.js';
import { elementwise } from '../../../collectives/operators.js';
import { kernelBytes } from '../../../scripts/kernelSource.js';
import { bits } from '../model.js';

// The loops over single elements, as the operators have them where there is no kernel.
const laws = { associative: true, commutative: true };
const loops = {
  sum: elementwise({ name: 'sum', ...laws, number: (a, b) => a + b, bigint: (a, b) => a + b }),
  prod: elementwise({ name: 'prod', ...laws, number: (a, b) => a * b, int32: Math.imul, bigint: (a, b) => a * b }),
  min: elementwise({ name: 'min', ...laws, number: Math.min, bigint: (a, b) => [a, b].sort(ascending)[0]! }),
  max: elementwise({ name: 'max', ...laws, number: Math.max, bigint: (a, b) => [a, b].sort(ascending)[1]! }),
};
function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}
const names = ['sum', 'prod', 'min', 'max'] as const;

const makers: readonly ((words: Uint32Array<ArrayBuffer>) => NumericArray)[] = [
  ({ buffer }) => new Float32Array(buffer),
  ({ buffer }) => new Float64Array(buffer),
  ({ buffer }) => new Int32Array(buffer),
  ({ buffer }) => new Uint32Array(buffer),
  ({ buffer }) => new BigInt64Array(buffer),
  ({ buffer }) => new BigUint64Array(buffer),
  ({ buffer }) => new Int16Array(buffer),
];

/** Any bits at all: denormals, infinities and both zeros among them. */
function randomWords(length: number, seed: number): Uint32Array<ArrayBuffer> {
  let state = seed | 1;
  const special = [0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x0000_0001, 0x7ff0_0000, 0x3f80_0000];
  return Uint32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % 5 === 0 ? special[state % special.length]! : state;
  });
}

/** NaN has many bit patterns, and neither language says which one comes out. */
function withOneNaN(array: NumericArray): NumericArray {
  const isFloat = array instanceof Float32Array || array instanceof Float64Array;
  return isFloat ? array.map((value) => (Number.isNaN(value) ? Number.NaN : value)) : array;
}

describe('the reduction kernel', () => {
  it('is what its source says', async () => {
    expect(Buffer.from(kernelModule, 'base64').equals(await kernelBytes())).toBe(true);
  });

  it('loads here', () => {
    expect(ReductionKernel.load()).toBeInstanceOf(ReductionKernel);
  });

  it('has the bits of the loop for any operator, type, length and place of the result', () => {
    const cases = fc.record({
      name: fc.constantFrom(...names),
      maker: fc.constantFrom(...makers),
      words: fc.integer({ min: 256, max: 6000 }).map((pairs) => 2 * pairs),
      seed: fc.nat(),
      into: fc.constantFrom('left', 'right', 'elsewhere'),
    });
    fc.assert(
      fc.property(cases, ({ name, maker, words, seed, into }) => {
        const [left, right] = [maker(randomWords(words, seed)), maker(randomWords(words, seed + 7))];
        const expected = left.slice();
        loops[name].combine(left, right, expected);
        const target = into === 'left' ? left : into === 'right' ? right : left.slice();
        const before = [bits(left), bits(right)];
        withKernel(name, loops[name]).combine(left, right, target);
        expect(bits(withOneNaN(target))).toBe(bits(withOneNaN(expected)));
        if (into === 'elsewhere') expect([bits(left), bits(right)]).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  it('puts many arrays together in the order of the tree, with the bits of one step after the other', () => {
    const cases = fc.record({
      name: fc.constantFrom(...names),
      maker: fc.constantFrom(...makers),
      worldSize: fc.integer({ min: 1, max: 40 }),
      words: fc.integer({ min: 1, max: 3000 }).map((pairs) => 2 * pairs),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ name, maker, worldSize, words, seed }) => {
        const arrays = Array.from({ length: worldSize }, (_, rank) => maker(randomWords(words, seed + rank * 7919)));
        const stepwise = arrays.map((array) => array.slice());
        const steps = reductionSteps(worldSize);
        for (const [left, right] of steps) loops[name].combine(stepwise[left]!, stepwise[right]!, stepwise[left]!);
        const into = arrays[0]!.slice();
        const done = foldByKernel(withKernel(name, loops[name]), arrays, steps, into);
        expect(into.length - done).toBeLessThan(done > 0 ? 64 : Number.POSITIVE_INFINITY);
        expect(bits(withOneNaN(into.subarray(0, done)))).toBe(bits(withOneNaN(stepwise[0]!.subarray(0, done))));
      }),
      { numRuns: 150 },
    );
  });

  it('takes the types that it has been made for', () => {
    const kernel = ReductionKernel.load()!;
    const takes = (array: NumericArray) => names.map((name) => kernel.combine(name, array, array, array) > 0);
    expect(takes(new Float32Array(64))).toEqual([true, true, true, true]);
    expect(takes(new Float64Array(64))).toEqual([true, true, true, true]);
    expect(takes(new Int32Array(64))).toEqual([true, true, true, true]);
    expect(takes(new Uint32Array(64))).toEqual([true, true, false, false]);
    expect(takes(new BigInt64Array(64))).toEqual([true, true, false, false]);
    expect(takes(new Uint8Array(64))).toEqual([false, false, false, false]);
  });
});
