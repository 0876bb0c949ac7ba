import fc from 'fast-check';
import { expect } from 'vitest';
import { choose } from '../../collectives/algorithms/crossover.js';
import { evenRanges } from '../../collectives/algorithms/ranges.js';
import type { Communicator } from '../../collectives/communicator.js';
import type { NumericArray } from '../../collectives/datatypes.js';
import { operators } from '../../collectives/namedOperators.js';
import { elementwise, type Operator } from '../../collectives/operators.js';
import type { crossovers } from './crossovers.js';
import { bits, reduced, scannedByDoubling, scannedFromLeft } from './model.js';
import { everyRank, type World } from './worlds.js';

/** The largest world of the property tests. */
export const MAX_WORLD = 17;

/** Makes an array of each type out of any integers. */
export const makers: readonly ((values: readonly number[]) => NumericArray)[] = [
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
export const minus = elementwise({
  name: 'minus',
  associative: false,
  commutative: false,
  number: (a, b) => a - b,
  bigint: (a, b) => a - b,
});

/** The left one of each: associative, not commutative, so every misplaced rank shows. */
export const first = elementwise({
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

export const values = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

function isFloat(array: NumericArray | undefined): boolean {
  return array instanceof Float32Array || array instanceof Float64Array;
}

export interface Reduction {
  readonly ranks: readonly NumericArray[];
  readonly operator: Operator;
  readonly root: number;
}

/** One array of one type and length for each rank, an operator that takes it, and a root. */
export const reductionsOf = (sizes: fc.Arbitrary<number>): fc.Arbitrary<Reduction> =>
  fc
    .record({
      maker: fc.constantFrom(...makers),
      items: fc.nat(20),
      size: sizes,
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

/** Reduces in every way at once, and compares all of it with the model, bit for bit. */
export async function agreesWithModel(world: World, reduction: Reduction, scansByChain: boolean): Promise<void> {
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

/** Whether these scans go from left to right. */
export function scansByChain(table: (typeof crossovers)[string], { ranks, operator }: Reduction): boolean {
  return !operator.associative || choose(table.scan, ranks[0]!.byteLength, ranks.length) === 'chain';
}
