import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choose } from '../../collectives/algorithms/crossover.js';
import { evenRanges } from '../../collectives/algorithms/ranges.js';
import type { Communicator } from '../../collectives/communicator.js';
import type { Data, NumericArray } from '../../collectives/datatypes.js';
import { operators } from '../../collectives/namedOperators.js';
import { elementwise, type Operator } from '../../collectives/operators.js';
import { crossovers } from './crossovers.js';
import { bits, leftToRight, reduced, scannedByDoubling, scannedFromLeft } from './model.js';
import { everyRank, memoryWorld, RelayWorlds, shuffledWorld, type World } from './worlds.js';

const MAX_WORLD = 17;

/** Makes an array of each type out of any integers. */
const makers: readonly ((values: readonly number[]) => NumericArray)[] = [
  (values) => Int8Array.from(values),
  (values) => Uint8Array.from(values),
  (values) => Int16Array.from(values),
  (values) => Uint16Array.from(values),
  (values) => Int32Array.from(values),
  (values) => Uint32Array.from(values),
  (values) => Float32Array.from(values, (value) => value / 2 ** 29),
  (values) => Float64Array.from(values, (value) => value / 7 / 2 ** 27),
  (values) => BigInt64Array.from(values, (value) => BigInt(value) ** 3n),
  (values) => BigUint64Array.from(values, (value) => BigInt.asUintN(64, BigInt(value) ** 3n)),
];

/** Neither associative nor commutative: only strictly from left to right is right. */
const minus = elementwise({
  name: 'minus',
  associative: false,
  commutative: false,
  number: (a, b) => a - b,
  bigint: (a, b) => a - b,
});

/** The left one of each: associative, not commutative, so every misplaced rank shows. */
const first = elementwise({
  name: 'first',
  associative: true,
  commutative: false,
  number: (a) => a,
  bigint: (a) => a,
});

/** Turns the array around with each step: it may only see whole arrays. */
const wholeOnly: Operator = {
  name: 'wholeOnly',
  associative: false,
  commutative: false,
  combine(left, right, into) {
    const turned = left.slice().reverse();
    minus.combine(turned, right, into);
  },
};

const allOperators: readonly Operator[] = [...Object.values(operators), minus, first, wholeOnly];
const bitwise: readonly string[] = ['and', 'or', 'xor'];

const values = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

function isFloat(array: NumericArray | undefined): boolean {
  return array instanceof Float32Array || array instanceof Float64Array;
}

interface Reduction {
  readonly ranks: readonly NumericArray[];
  readonly operator: Operator;
  readonly root: number;
}

/** One array of one type and length for each rank, an operator that takes it, and a root. */
const reductions = fc
  .record({
    maker: fc.constantFrom(...makers),
    items: fc.nat(20),
    size: fc.integer({ min: 1, max: MAX_WORLD }),
    operator: fc.constantFrom(...allOperators),
    root: fc.nat(),
  })
  .chain(({ maker, items, size, operator, root }) => {
    const length = items * (operator.itemLength ?? 1);
    return fc
      .array(fc.array(values, { minLength: length, maxLength: length }), { minLength: size, maxLength: size })
      .map((ranks): Reduction => ({ ranks: ranks.map(maker), operator, root: root % size }));
  })
  .filter(({ ranks, operator }) => !(bitwise.includes(operator.name) && isFloat(ranks[0])));

const crossover = fc.constantFrom(...Object.values(crossovers));

/** Shares of uneven lengths, some of them empty, each of whole items. */
function unevenCounts(length: number, size: number, itemLength: number): number[] {
  const counts = Array.from({ length: size }, () => 0);
  for (let item = 0; item < length / itemLength; item++) counts[(item * item) % size]! += itemLength;
  return counts;
}

async function reduceEveryWay(comm: Communicator, own: NumericArray, { operator, root }: Reduction) {
  const counts = unevenCounts(own.length, comm.worldSize, operator.itemLength ?? 1);
  // All under way at once: they are matched by order.
  const [toRoot, everywhere, share, uneven, inclusive, exclusive] = await Promise.all([
    comm.reduce(own, operator, root),
    comm.allreduce(own, operator),
    comm.reduceScatter(own, operator),
    comm.reduceScatter(own, operator, { counts }),
    comm.scan(own, operator),
    comm.exscan(own, operator),
  ]);
  return { toRoot, everywhere, share, uneven, inclusive, exclusive };
}

async function agreesWithModel(world: World, reduction: Reduction, scansByChain: boolean): Promise<void> {
  const { ranks, operator, root } = reduction;
  const before = ranks.map(bits);
  const results = await everyRank(world, (comm) => reduceEveryWay(comm, ranks[comm.rank]!, reduction));
  expect(ranks.map(bits)).toEqual(before);

  const whole = reduced(ranks, operator);
  const scanned = (scansByChain ? scannedFromLeft : scannedByDoubling)(ranks, operator);
  const itemLength = operator.itemLength ?? 1;
  const even = evenRanges(whole.length, ranks.length, itemLength);
  let start = 0;
  const uneven = unevenCounts(whole.length, ranks.length, itemLength).map((count) => {
    start += count;
    return { start: start - count, end: start };
  });
  const cut = (range: { start: number; end: number }) => bits(whole.subarray(range.start, range.end));
  for (const [rank, result] of results.entries()) {
    expect(bits(result.toRoot)).toBe(rank === root ? bits(whole) : 'none');
    expect(bits(result.everywhere)).toBe(bits(whole));
    expect(bits(result.share)).toBe(cut(even[rank]!));
    expect(bits(result.uneven)).toBe(cut(uneven[rank]!));
    expect(bits(result.inclusive)).toBe(bits(scanned[rank]));
    expect(bits(result.exclusive)).toBe(bits(scanned[rank - 1]));
  }
}

function scansByChain(table: (typeof crossovers)[string], { ranks, operator }: Reduction): boolean {
  return !operator.associative || choose(table.scan, ranks[0]!.byteLength, ranks.length) === 'chain';
}

describe('every reduction agrees with a sequential model, bit for bit', () => {
  it('at any world size, type, operator, root, algorithm and order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(reductions, crossover, fc.nat(), async (reduction, table, seed) => {
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
      // 65,000 messages a step: the pairs are the same at 64.
      if (size === 256 && name === 'pairwise') continue;
      const world = memoryWorld(size, undefined, { crossover: table });
      const ranks = Array.from({ length: size }, (_, rank) =>
        Float32Array.from({ length: 300 }, (_, i) => Math.cos(rank + i)),
      );
      const results = await everyRank(world, (comm) => comm.allreduce(ranks[comm.rank]!, 'sum'));
      const expected = bits(reduced(ranks, operators.sum));
      for (const result of results) expect(bits(result)).toBe(expected);
    }
  });
});

/** Anything that can be sent, of lengths around the crossovers. */
const data: fc.Arbitrary<Data> = fc.oneof(
  fc
    .record({ maker: fc.constantFrom(...makers), list: fc.array(values, { maxLength: 12 }) })
    .map(({ maker, list }) => maker(list)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.double(),
  fc
    .jsonValue()
    // JSON as `JSON.parse` gives it: no -0, no `__proto__`.
    .filter((value) => value !== undefined && !/__proto__/.test(JSON.stringify(value)))
    .map((value): Data => JSON.parse(JSON.stringify(value))),
);

/** For each rank a datum for each rank. */
const tables = fc
  .integer({ min: 1, max: 11 })
  .chain((size) =>
    fc.array(fc.array(data, { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
  );

describe('every movement of data brings it as it was', () => {
  it('at any world size, type, length, root, algorithm and order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(tables, crossover, fc.nat(), fc.nat(), async (table, sizes, rootSeed, seed) => {
        const size = table.length;
        const root = rootSeed % size;
        const world = shuffledWorld(size, seed, { crossover: sizes });
        const next = (rank: number) => (rank + 1) % size;
        const previous = (rank: number) => (rank + size - 1) % size;
        const results = await everyRank(world, async (comm) => {
          const { rank } = comm;
          const mine = table[rank]!;
          const own = mine[0]!;
          return Promise.all([
            comm.bcast(rank === root ? own : undefined, root),
            comm.gather(own, root),
            comm.scatter(rank === root ? mine : undefined, root),
            comm.allgather(own),
            comm.alltoall(mine),
            comm.sendrecv(own, next(rank), previous(rank), { sendTag: rank, receiveTag: previous(rank) }),
            comm.barrier(),
          ]);
        });
        const firsts = table.map(([own]) => own);
        for (const [rank, [broadcast, gathered, scattered, everyone, swapped, fromPrevious]] of results.entries()) {
          expect(broadcast).toEqual(firsts[root]);
          expect(gathered).toEqual(rank === root ? firsts : undefined);
          expect(scattered).toEqual(table[root]![rank]);
          expect(everyone).toEqual(firsts);
          expect(swapped).toEqual(table.map((row) => row[rank]));
          expect(fromPrevious).toEqual(firsts[previous(rank)]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it.each([31, 32, 33, 64, 256])('at world size %i, long and short', async (size) => {
    for (const [name, table] of Object.entries(crossovers)) {
      // 65,000 pairs: the algorithms that take them one by one are the same at 64.
      if (size === 256 && name !== 'shipped') continue;
      const world = memoryWorld(size, undefined, { crossover: table });
      const own = (rank: number) => Uint16Array.from({ length: rank % 3 === 0 ? 40 : 2 }, (_, index) => rank + index);
      const root = size - 3;
      const results = await everyRank(world, (comm) =>
        Promise.all([
          comm.bcast(comm.rank === root ? own(root) : undefined, root),
          comm.gather(own(comm.rank), root),
          comm.scatter(comm.rank === root ? Array.from({ length: size }, (_, to) => own(to)) : undefined, root),
          comm.allgather(own(comm.rank)),
          comm.alltoall(Array.from({ length: size }, (_, to) => Uint16Array.of(comm.rank, to))),
        ]),
      );
      const all = Array.from({ length: size }, (_, rank) => own(rank));
      deepStrictEqual(results[root]![1], all);
      for (const [rank, [broadcast, , scattered, everyone, swapped]] of results.entries()) {
        deepStrictEqual(broadcast, own(root));
        deepStrictEqual(scattered, own(rank));
        deepStrictEqual(everyone, all);
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
