import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnsupportedDataError } from '../../collectives/errors.js';
import { withLocation } from '../../collectives/locations.js';
import { operators } from '../../collectives/namedOperators.js';
import { bits, combined } from './model.js';
import { everyRank, memoryWorld } from './worlds.js';

describe('the named operators', () => {
  it('are associative and commutative on integers, as they say', () => {
    const triple = fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger(), fc.maxSafeInteger(), fc.constantFrom(0, 1, 2));
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(operators)), triple, (operator, [x, y, z, location]) => {
        for (const make of [Int32Array, Uint8Array, Int16Array, Uint32Array]) {
          const [a, b, c] = [make.of(x, location), make.of(y, 1), make.of(z, 2)];
          const together = bits(combined(operator, combined(operator, a, b), c));
          expect(bits(combined(operator, a, combined(operator, b, c)))).toBe(together);
          expect(bits(combined(operator, combined(operator, c, b), a))).toBe(together);
        }
      }),
    );
  });

  it('and, or, xor work on the bits of integers of every width and refuse others', () => {
    const { and, or, xor } = operators;
    expect(combined(and, Uint8Array.of(0b1100), Uint8Array.of(0b1010))).toEqual(Uint8Array.of(0b1000));
    expect(combined(or, Int16Array.of(-32768), Int16Array.of(1))).toEqual(Int16Array.of(-32767));
    expect(combined(xor, Uint32Array.of(0xffff_ffff), Uint32Array.of(1))).toEqual(Uint32Array.of(0xffff_fffe));
    expect(combined(and, BigUint64Array.of(2n ** 63n + 1n), BigUint64Array.of(2n ** 63n))).toEqual(
      BigUint64Array.of(2n ** 63n),
    );
    for (const operator of [and, or, xor]) {
      expect(() => combined(operator, Float32Array.of(1), Float32Array.of(1))).toThrow(UnsupportedDataError);
    }
  });

  it('minloc and maxloc take the lowest location of equal values, and NaN before all', () => {
    const { minloc, maxloc } = operators;
    const [a, b] = [Float64Array.of(3, 7, 1, 0, Number.NaN, 5, 2, 4), Float64Array.of(3, 2, 2, 9, 0, 1, Number.NaN, 8)];
    expect(combined(minloc, a, b)).toEqual(Float64Array.of(3, 2, 1, 0, Number.NaN, 5, Number.NaN, 8));
    expect(combined(maxloc, a, b)).toEqual(Float64Array.of(3, 2, 2, 9, Number.NaN, 5, Number.NaN, 8));
    expect(combined(maxloc, BigInt64Array.of(5n, 1n), BigInt64Array.of(5n, 0n))).toEqual(BigInt64Array.of(5n, 0n));
  });

  it('say where the extreme is, at any world size', async () => {
    for (let size = 1; size <= 17; size++) {
      const losses = (rank: number) => [Math.abs(rank - (size >> 1)), -rank % 3];
      const results = await everyRank(memoryWorld(size), (comm) =>
        comm.allreduce(withLocation(losses(comm.rank), comm.rank), 'minloc'),
      );
      const column = (index: number) => Array.from({ length: size }, (_, rank) => losses(rank)[index]!);
      const expected = [0, 1].flatMap((index) => {
        const least = Math.min(...column(index));
        return [least, column(index).indexOf(least)];
      });
      for (const result of results) expect(Array.from(result, Number)).toEqual(expected.map(Number));
    }
  });
});

describe('arguments of reductions', () => {
  it('are refused with every fault: half items, counts that do not add up', async () => {
    const [alone] = memoryWorld(1);
    const invalid = { code: 'COLLECTIVE_ARGUMENT_INVALID' };
    await expect(alone!.allreduce(Float64Array.of(1), 'maxloc')).rejects.toMatchObject({
      ...invalid,
      message: /1 elements are no whole items of 2/,
    });
    const own = Int32Array.of(1, 2);
    await expect(alone!.reduceScatter(own, 'sum', { counts: [1, -1] })).rejects.toThrow(
      /2 counts for 1 ranks; count -1/,
    );
    await expect(alone!.reduceScatter(own, 'sum', { counts: [1] })).rejects.toThrow(/make 1 elements, the data has 2/);
    await expect(alone!.reduceScatter(own, 'minloc', { counts: [1] })).rejects.toThrow(/count 1 is no number of whole/);
    const broken = { ...operators.sum, itemLength: 0 };
    await expect(alone!.scan(own, broken)).rejects.toThrow(/items of 0 elements/);
    await expect(alone!.scatter([own, own], 0)).rejects.toThrow(/2 data for 1 ranks/);
    await expect(alone!.alltoall([])).rejects.toMatchObject({ ...invalid, operation: 'alltoall' });
  });

  it('that throw in the middle end the operation at that rank alone', async () => {
    const world = memoryWorld(2);
    const outcomes = await Promise.allSettled(
      world.map((comm) => comm.allreduce(Float64Array.of(1), 'xor', { timeoutMs: 50 })),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'COLLECTIVE_DATA_UNSUPPORTED' } });
    expect(await everyRank(world, (comm) => comm.allreduce(1, 'sum'))).toEqual([2, 2]);
  });
});
