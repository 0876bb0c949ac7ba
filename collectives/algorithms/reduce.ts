import { copyOf, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type Crossover, choose } from './crossover.js';
import { type Exchange, receiveLike, sendArray } from './exchange.js';
import { foldInOrder } from './fold.js';
import { pairwiseReduction } from './pairwiseReduction.js';
import { evenRanges } from './ranges.js';
import { evenHalvingPlan, partOf, receiveRange, reduceByHalves, sendRange } from './recursiveHalving.js';
import { type ReductionTree, reductionTree } from './reductionTree.js';

export type ReductionAlgorithm = 'tree' | 'pairwise' | 'halving';

/** What suits a reduction of this size and operator: only arrays that may be cut are worked out in parts. */
export function reductionAlgorithm(
  rules: Crossover['reduce'],
  own: NumericArray,
  operator: Operator,
  worldSize: number,
): ReductionAlgorithm {
  if (operator.itemLength === undefined) return 'tree';
  const chosen = choose(rules, own.byteLength, worldSize);
  return chosen === 'halving' && !operator.associative ? 'pairwise' : chosen;
}

/**
 * Reduction to one rank. Its order is that of the `ReductionTree`, or strictly from left to right for an operator that is
 * not associative.
 *
 * @returns a new array at the root, `undefined` elsewhere. `own` is not written to.
 */
export async function reduce(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  root: number,
  crossover: Crossover,
): Promise<NumericArray | undefined> {
  const { rank, worldSize } = exchange;
  const { pieceBytes } = crossover;
  switch (reductionAlgorithm(crossover.reduce, own, operator, worldSize)) {
    case 'tree':
      return operator.associative
        ? reduceUpTree(exchange, own, operator, root)
        : reduceAtRoot(exchange, own, operator, root);
    case 'pairwise': {
      const ranges = evenRanges(own.length, worldSize, operator.itemLength);
      const result = await pairwiseReduction(exchange, { own, operator, ranges, holders: [root], pieceBytes });
      return rank === root ? result : undefined;
    }
    case 'halving':
      return reduceInParts(exchange, own, operator, root, pieceBytes);
  }
}

/**
 * Climbs the `ReductionTree`; of two neighbouring groups of blocks the one without the root hands over to the other: a
 * binomial tree whose result does not depend on the root.
 */
async function reduceUpTree(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  root: number,
): Promise<NumericArray | undefined> {
  const { rank, worldSize } = exchange;
  let partial = own;
  for (const { lower, upper } of meetings(reductionTree(worldSize), rank, root)) {
    const other = rank === lower ? upper : lower;
    const keeper = upper === root ? upper : lower;
    if (rank !== keeper) {
      await sendArray(exchange, other, partial);
      return undefined;
    }
    // What has arrived is memory of this rank's own, so the result may take its place.
    const received = await receiveLike(exchange, other, own);
    if (other === upper) operator.combine(partial, received, received);
    else operator.combine(received, partial, received);
    partial = received;
  }
  return partial === own ? copyOf(own) : partial;
}

/** The pairs of ranks that put their parts together on the way from `rank` to the root of the tree. */
function* meetings(tree: ReductionTree, rank: number, root: number): Generator<{ lower: number; upper: number }> {
  const partner = tree.partnerOf(rank);
  if (partner !== undefined) yield { lower: Math.min(rank, partner), upper: Math.max(rank, partner) };
  const block = tree.blockOf(rank);
  for (let size = 1; size < tree.blocks; size *= 2) {
    const start = block - (block % (2 * size));
    yield { lower: keeperOf(tree, start, size, root), upper: keeperOf(tree, start + size, size, root) };
  }
}

/** The rank that holds what `size` blocks from `start` have come to: the root if it is among them, else the lowest. */
function keeperOf(tree: ReductionTree, start: number, size: number, root: number): number {
  const rootBlock = tree.blockOf(root);
  return rootBlock >= start && rootBlock < start + size ? root : tree.firstRank(start);
}

async function reduceAtRoot(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  root: number,
): Promise<NumericArray | undefined> {
  const { rank, worldSize } = exchange;
  if (rank !== root) {
    await sendArray(exchange, root, own);
    return undefined;
  }
  const part = (from: number) => (from === rank ? own : receiveLike(exchange, from, own));
  return foldInOrder({ worldSize, rank, part }, operator);
}

/** Each block works out a part of the result and sends it to the root. */
async function reduceInParts(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  root: number,
  pieceBytes: number,
): Promise<NumericArray | undefined> {
  const { rank, worldSize } = exchange;
  const plan = evenHalvingPlan(worldSize, own, operator, pieceBytes);
  const { tree, bounds } = plan;
  const rangeOf = (block: number) => {
    const part = partOf(block, tree.blocks);
    return { start: bounds[part] ?? 0, end: bounds[part + 1] ?? 0 };
  };
  const work = await reduceByHalves(exchange, own, plan);
  if (rank !== root) {
    if (work) await sendRange(exchange, root, work, rangeOf(tree.blockOf(rank)), plan);
    return undefined;
  }
  const result = work ?? copyOf(own);
  const senders = Array.from({ length: tree.blocks }, (_, block) => block).filter((b) => tree.firstRank(b) !== root);
  await Promise.all(senders.map((b) => receiveRange(exchange, tree.firstRank(b), result, rangeOf(b), plan)));
  return result;
}
