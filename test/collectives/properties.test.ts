import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../collectives/datatypes.js';
import { operators } from '../../collectives/namedOperators.js';
import { crossovers } from './crossovers.js';
import { bits, leftToRight, reduced } from './model.js';
import { movesAsItWas, tablesOf } from './movements.js';
import { agreesWithModel, first, MAX_WORLD, minus, reductionsOf, scansByChain } from './reductions.js';
import { everyRank, memoryWorld, RelayWorlds, shuffledWorld } from './worlds.js';

const sizes = fc.integer({ min: 1, max: MAX_WORLD });
const crossover = fc.constantFrom(...Object.values(crossovers));

describe('every reduction agrees with a sequential model, bit for bit', () => {
  it('at any world size, type, operator, root, algorithm and order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(reductionsOf(sizes), crossover, fc.nat(), async (reduction, table, seed) => {
        const world = shuffledWorld(reduction.ranks.length, seed, { crossover: table });
        await agreesWithModel(world, reduction, scansByChain(table, reduction));
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(crossovers))(
    'at every world size from 1 to 17, and 31 to 33, with the %s algorithms',
    async (_, table) => {
      for (const size of [...Array.from({ length: MAX_WORLD }, (_, index) => index + 1), 31, 32, 33]) {
        const world = memoryWorld(size, undefined, { crossover: table });
        for (const operator of [operators.sum, first, minus]) {
          const ranks = Array.from({ length: size }, (_, rank) =>
            Float64Array.from({ length: 13 }, (_, index) => Math.sin(rank * 31 + index) * 10 ** (index % 5)),
          );
          const reduction = { ranks, operator, root: (size * 7) % size };
          await agreesWithModel(world, reduction, scansByChain(table, reduction));
        }
      }
    },
  );

  it.each([64, 256])('at world size %i', async (size) => {
    for (const [name, table] of Object.entries(crossovers)) {
      // 65,000 messages a step: the algorithms that take pairs one by one are the same at 64.
      if (size === 256 && name === 'pairwise') continue;
      const world = memoryWorld(size, undefined, { crossover: table });
      for (const operator of size === 256 && name !== 'shipped' ? [first] : [operators.sum, operators.minloc, first]) {
        const ranks = Array.from({ length: size }, (_, rank) =>
          Float32Array.from({ length: 10 }, (_, index) => Math.cos(rank * 10 + index) * 10 ** (index % 5)),
        );
        const reduction = { ranks, operator, root: size - 3 };
        await agreesWithModel(world, reduction, scansByChain(table, reduction));
      }
    }
  });

  it('at world size 256, strictly from left to right', async () => {
    const world = memoryWorld(256);
    const ranks = Array.from({ length: 256 }, (_, rank) => Float64Array.of(1 / (rank + 1), rank));
    const reduction = { ranks, operator: minus, root: 100 };
    await agreesWithModel(world, reduction, scansByChain(crossovers.shipped!, reduction));
  });
});

describe('every movement of data brings it as it was', () => {
  it('at any world size, type, length, root, algorithm and order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(
        tablesOf(fc.integer({ min: 1, max: 11 })),
        crossover,
        fc.nat(),
        fc.nat(),
        async (table, sizes, rootSeed, seed) => {
          const size = table.length;
          const root = rootSeed % size;
          const world = shuffledWorld(size, seed, { crossover: sizes });
          await movesAsItWas(world, table, root);
        },
      ),
      { numRuns: 150 },
    );
  });

  const small = Array.from({ length: MAX_WORLD }, (_, index) => index + 1);
  it.each([...small, 31, 32, 33, 64, 256])('at world size %i, long and short', async (size) => {
    for (const [name, table] of Object.entries(crossovers)) {
      // 65,000 pairs: the algorithms that take them one by one are the same at 64.
      if (size === 256 && name !== 'shipped') continue;
      const world = memoryWorld(size, undefined, { crossover: table });
      const own = (rank: number) => Uint16Array.from({ length: rank % 3 === 0 ? 40 : 2 }, (_, index) => rank + index);
      const root = Math.max(0, size - 3);
      const results = await everyRank(world, (comm) =>
        Promise.all([
          comm.bcast(comm.rank === root ? own(root) : undefined, root),
          comm.gather(own(comm.rank), root),
          comm.scatter(comm.rank === root ? Array.from({ length: size }, (_, to) => own(to)) : undefined, root),
          comm.allgather(own(comm.rank)),
          comm.alltoall(Array.from({ length: size }, (_, to) => Uint16Array.of(comm.rank, to))),
          comm.sendrecv(own(comm.rank), (comm.rank + 1) % size, (comm.rank + size - 1) % size),
          comm.barrier(),
        ]),
      );
      const all = Array.from({ length: size }, (_, rank) => own(rank));
      deepStrictEqual(results[root]![1], all);
      for (const [rank, [broadcast, , scattered, everyone, swapped, fromPrevious]] of results.entries()) {
        deepStrictEqual(broadcast, own(root));
        deepStrictEqual(scattered, own(rank));
        deepStrictEqual(everyone, all);
        deepStrictEqual(fromPrevious, own((rank + size - 1) % size));
        deepStrictEqual(
          swapped,
          all.map((_, from) => Uint16Array.of(from, rank)),
        );
      }
    }
  });

  it('leaves what was returned and what was sent apart', async () => {
    for (const table of Object.values(crossovers)) {
      const world = memoryWorld(5, undefined, { crossover: table });
      const inputs = world.map(({ rank }) => Uint8Array.from({ length: 40 }, () => rank));
      const results = await everyRank(world, async (comm) => {
        const own = inputs[comm.rank]!;
        const moved = await Promise.all([
          comm.bcast(own, 2),
          comm.scatter(inputs, 2),
          comm.reduceScatter(own, 'max'),
          comm.scan(own, 'max'),
          ...(await comm.allgather(own)),
          ...(await comm.alltoall(inputs)),
        ]);
        return moved;
      });
      const copies = structuredClone(results);
      for (const input of inputs) input.fill(99);
      expect(results).toEqual(copies);
      const memories = results.flat().map(({ buffer }) => buffer);
      expect(memories.some((memory) => inputs.some(({ buffer }) => buffer === memory))).toBe(false);
      expect(new Set(memories).size).toBe(memories.length);
    }
  });
});

describe('over the relay', () => {
  let relay: RelayWorlds;
  beforeAll(async () => {
    relay = await RelayWorlds.start();
  });
  afterAll(() => relay.stop());

  it.each([1, 2, 3, 5, 8, 13])('reductions have the bits that they have in memory at world size %i', async (size) => {
    const world = await relay.world(size);
    const random = (rank: number, index: number) => Math.fround(Math.sin(rank * 7919 + index) * 1000);
    for (const length of [0, 1, 100, 100_000]) {
      const ranks = Array.from({ length: size }, (_, rank) => Float32Array.from({ length }, (_, i) => random(rank, i)));
      const reduction = { ranks, operator: operators.sum, root: size - 1 };
      await agreesWithModel(world, reduction, length === 100_000);
    }
    const wide = Array.from({ length: size }, (_, rank) => BigInt64Array.of(BigInt(rank + 1), 2n ** 62n));
    for (const operator of [operators.sum, operators.prod, operators.xor, operators.maxloc, minus]) {
      await agreesWithModel(world, { ranks: wide, operator, root: 0 }, !operator.associative);
    }
  });

  it.each([2, 7])('data moves as it does in memory at world size %i', async (size) => {
    const world = await relay.world(size);
    const own = (rank: number) => Float64Array.from({ length: rank % 2 ? 100_000 : 3 }, (_, index) => rank * index);
    const each = (arrays: readonly NumericArray[] | undefined) => arrays?.map(bits);
    const all = world.map(({ rank }) => own(rank));
    const results = await everyRank(world, (comm) =>
      Promise.all([
        comm.bcast(comm.rank === 1 ? own(1) : undefined, 1),
        comm.gather(own(comm.rank), 0),
        comm.scatter(comm.rank === 1 ? all : undefined, 1),
        comm.allgather(own(comm.rank)),
        comm.alltoall(all),
      ]),
    );
    expect(each(results[0]![1])).toEqual(each(all));
    for (const [rank, [broadcast, , scattered, everyone, swapped]] of results.entries()) {
      expect(bits(broadcast)).toBe(bits(own(1)));
      expect(bits(scattered)).toBe(bits(own(rank)));
      expect(each(everyone)).toEqual(each(all));
      expect(each(swapped)).toEqual(all.map(() => bits(own(rank))));
    }
  });
});

it('the order makes a difference that the model sees', () => {
  const ranks = [1, 2 ** 53, 1, -(2 ** 53)].map((value) => Float64Array.of(value));
  expect(reduced(ranks, operators.sum)).toEqual(Float64Array.of(1));
  expect(leftToRight(ranks, operators.sum)).toEqual(Float64Array.of(0));
});
