import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Communicator } from '../../collectives/communicator.js';
import type { Data, NumericArray } from '../../collectives/datatypes.js';
import { type OperatorName, operators } from '../../collectives/namedOperators.js';
import { elementwise, type Operator } from '../../collectives/operators.js';
import { everyRank, memoryWorld, RelayWorlds, type World } from './worlds.js';

const MAX_WORLD = 17;

/** Makes an array of each type out of any integers. */
const makers: readonly ((values: readonly number[]) => NumericArray)[] = [
  (values) => Int8Array.from(values),
  (values) => Uint8Array.from(values),
  (values) => Int16Array.from(values),
  (values) => Uint16Array.from(values),
  (values) => Int32Array.from(values),
  (values) => Uint32Array.from(values),
  (values) => Float32Array.from(values, (value) => value / 7),
  (values) => Float64Array.from(values, (value) => value / 7),
  (values) => BigInt64Array.from(values, (value) => BigInt(value) ** 3n),
  (values) => BigUint64Array.from(values, (value) => BigInt.asUintN(64, BigInt(value) ** 3n)),
];

const worldSize = fc.integer({ min: 1, max: MAX_WORLD });
const values = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** One array for each of up to 17 ranks, all of one type and length. */
const contributions = fc
  .record({ maker: fc.constantFrom(...makers), length: fc.nat(5), size: worldSize })
  .chain(({ maker, length, size }) =>
    fc
      .array(fc.array(values, { minLength: length, maxLength: length }), { minLength: size, maxLength: size })
      .map((ranks) => ranks.map(maker)),
  );

/** Strings of digits put one after the other: associative, not commutative, so every misplaced rank shows. */
const concatenate: Operator = elementwise({
  name: 'concatenate',
  associative: true,
  commutative: false,
  number: () => Number.NaN,
  bigint: (a, b) => a * 16n ** BigInt(b.toString(16).length) + b,
});

/** A world in which messages arrive in an order that the seed picks. */
function shuffledWorld(size: number, seed: number): World {
  let state = seed;
  const waiting: (() => void)[] = [];
  return memoryWorld(size, (arrive) => {
    waiting.push(arrive);
    setImmediate(() => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const [next] = waiting.splice(state % waiting.length, 1);
      next?.();
    });
  });
}

function fold(ranks: readonly NumericArray[], operator: Operator): NumericArray {
  return ranks.slice(1).reduce((left, right) => {
    const into = right.slice();
    operator.combine(left, right, into);
    return into;
  }, ranks[0]!.slice());
}

function bits(array: NumericArray | undefined): string {
  return array ? Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex') : 'none';
}

async function allOperations(comm: Communicator, own: NumericArray, name: OperatorName, root: number) {
  // All under way at once: they are matched by order.
  const [, broadcast, gathered, reduced, everywhere] = await Promise.all([
    comm.barrier(),
    comm.bcast(comm.rank === root ? own : undefined, root),
    comm.gather(own, root),
    comm.reduce(own, name, root),
    comm.allreduce(own, name),
  ]);
  return { broadcast, gathered, reduced, everywhere };
}

async function agreesWithModel(world: World, ranks: readonly NumericArray[], name: OperatorName, root: number) {
  const before = ranks.map(bits);
  const results = await everyRank(world, (comm) => allOperations(comm, ranks[comm.rank]!, name, root));
  expect(ranks.map(bits)).toEqual(before);
  const expected = fold(ranks, operators[name]);
  for (const [rank, { broadcast, gathered, reduced, everywhere }] of results.entries()) {
    expect(broadcast).toEqual(ranks[root]);
    expect(gathered).toEqual(rank === root ? ranks : undefined);
    expect(bits(everywhere)).toBe(bits(results[0]!.everywhere));
    expect(bits(reduced)).toBe(rank === root ? bits(everywhere) : 'none');
    if (expected instanceof Float32Array || expected instanceof Float64Array) {
      const epsilon = expected instanceof Float32Array ? 2 ** -23 : 2 ** -52;
      const magnitude = fold(ranks.map(absolute), operators[name === 'prod' ? 'prod' : 'sum']);
      for (const [index, value] of expected.entries()) {
        const off = Math.abs(Number(everywhere[index]) - value);
        expect(off).toBeLessThanOrEqual(2 * MAX_WORLD * epsilon * Number(magnitude[index]) + Number.MIN_VALUE);
      }
    } else expect(everywhere).toEqual(expected);
  }
}

function absolute(array: NumericArray): NumericArray {
  return array instanceof Float32Array || array instanceof Float64Array ? array.map(Math.abs) : array;
}

const operatorName = fc.constantFrom<OperatorName>('sum', 'prod', 'min', 'max');

describe('every operation agrees with a sequential model', () => {
  it('at any world size, type, root and order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(contributions, operatorName, fc.nat(), fc.nat(), async (ranks, name, rootSeed, seed) => {
        fc.pre(name !== 'prod' || ranks.length <= 4 || !isFloat(ranks[0]!));
        await agreesWithModel(shuffledWorld(ranks.length, seed), ranks, name, rootSeed % ranks.length);
      }),
      { numRuns: 150 },
    );
  });

  it('at every world size from 1 to 17 and every root, in the order of the ranks', async () => {
    for (let size = 1; size <= MAX_WORLD; size++) {
      const world = memoryWorld(size);
      const digits = Array.from({ length: size }, (_, rank) => BigInt((rank % 15) + 1));
      const expected = BigInt.asIntN(64, BigInt(`0x${digits.map((digit) => digit.toString(16)).join('')}`));
      for (let root = 0; root < size; root++) {
        const reduced = await everyRank(world, (comm) =>
          comm.reduce(BigInt64Array.of(digits[comm.rank]!), asUnsigned(concatenate), root),
        );
        expect(reduced[root]).toEqual(BigInt64Array.of(expected));
      }
      const all = await everyRank(world, (comm) =>
        comm.allreduce(BigInt64Array.of(digits[comm.rank]!), asUnsigned(concatenate)),
      );
      expect(all).toEqual(Array(size).fill(BigInt64Array.of(expected)));
    }
  });

  it('brings any data through bcast, gather and send as it was', async () => {
    const data: fc.Arbitrary<Data> = fc.oneof(
      contributions.map(([first]) => first!),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.double(),
      fc
        .jsonValue()
        .filter(isPlain)
        .map((value): Data => JSON.parse(JSON.stringify(value))),
    );
    await fc.assert(
      fc.asyncProperty(data, worldSize, fc.nat(), fc.nat(), async (value, size, rootSeed, seed) => {
        const world = shuffledWorld(size, seed);
        const root = rootSeed % size;
        const next = (root + 1) % size;
        const [received] = await Promise.all([
          world[next]!.recv(root, { tag: 9 }),
          world[root]!.send(value, next, { tag: 9 }),
        ]);
        expect(received).toEqual(value);
        const all = await everyRank(world, (comm) => comm.bcast(comm.rank === root ? value : undefined, root));
        expect(all).toEqual(Array(size).fill(value));
        const gathered = await everyRank(world, (comm) => comm.gather([comm.rank, comm.rank * 2], root));
        expect(gathered[root]).toEqual(Array.from({ length: size }, (_, rank) => [rank, rank * 2]));
      }),
    );
  });
});

describe('over the relay', () => {
  let relay: RelayWorlds;
  beforeAll(async () => {
    relay = await RelayWorlds.start();
  });
  afterAll(() => relay.stop());

  it.each([1, 2, 3, 5, 8, 13])('agrees with the model, and with memory bit for bit, at world size %i', async (size) => {
    const world = await relay.world(size);
    const random = (rank: number, index: number) => Math.fround(Math.sin(rank * 7919 + index) * 1000);
    for (const length of [0, 1, 100, 200_000]) {
      const ranks = Array.from({ length: size }, (_, rank) => Float32Array.from({ length }, (_, i) => random(rank, i)));
      const before = ranks.map(bits);
      const overRelay = await everyRank(world, (comm) => comm.allreduce(ranks[comm.rank]!, 'sum'));
      const inMemory = await everyRank(memoryWorld(size), (comm) => comm.allreduce(ranks[comm.rank]!, 'sum'));
      expect(overRelay.map(bits)).toEqual(inMemory.map(bits));
      expect(ranks.map(bits)).toEqual(before);
    }
    const small = Array.from({ length: size }, (_, rank) => BigInt64Array.of(BigInt(rank + 1), 2n ** 62n));
    for (const name of ['sum', 'prod', 'min', 'max'] as const) await agreesWithModel(world, small, name, size - 1);
  });
});

function isFloat(array: NumericArray): boolean {
  return array instanceof Float32Array || array instanceof Float64Array;
}

/** The digits of the partial results must be counted as unsigned once they fill 64 bits. */
function asUnsigned(operator: Operator): Operator {
  return {
    ...operator,
    combine(left, right, into) {
      if (!(left instanceof BigInt64Array && right instanceof BigInt64Array && into instanceof BigInt64Array)) return;
      const [a, b] = [new BigUint64Array(left), new BigUint64Array(right)];
      const result = new BigUint64Array(into.length);
      operator.combine(a, b, result);
      into.set(new BigInt64Array(result.buffer));
    },
  };
}

/** JSON as `JSON.parse` gives it: no -0, no `__proto__`. */
function isPlain(value: unknown): boolean {
  return !/__proto__/.test(JSON.stringify(value)) && value !== undefined;
}
