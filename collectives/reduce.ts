import { copyOf, decodeLike, encodeArray, type NumericArray } from './datatypes.js';
import type { Exchange } from './exchange.js';
import type { Operator } from './operators.js';
import { type ReductionTree, reductionTree } from './reductionTree.js';

/**
 * Reduction to one rank. With an associative operator it climbs the `ReductionTree`, and of two neighbouring groups of
 * blocks the one without the root hands over to the other: a binomial tree whose result does not depend on the root.
 * Otherwise the root takes the elements strictly from left to right.
 *
 * @returns a new array at the root, `undefined` elsewhere. `own` is not written to.
 */
export function reduce<A extends NumericArray>(
  exchange: Exchange,
  own: A,
  operator: Operator,
  root: number,
): Promise<A | undefined> {
  return operator.associative
    ? reduceUpTree(exchange, own, operator, root)
    : reduceFromLeft(exchange, own, operator, root);
}

async function reduceUpTree<A extends NumericArray>(
  exchange: Exchange,
  own: A,
  operator: Operator,
  root: number,
): Promise<A | undefined> {
  const { rank, worldSize } = exchange;
  let partial = own;
  for (const { lower, upper } of meetings(reductionTree(worldSize), rank, root)) {
    const other = rank === lower ? upper : lower;
    const keeper = upper === root ? upper : lower;
    if (rank !== keeper) {
      await exchange.send(other, encodeArray(partial));
      return undefined;
    }
    // What has arrived is memory of this rank's own, so the result may take its place.
    const received = decodeLike(await exchange.receive(other), own, other);
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

async function reduceFromLeft<A extends NumericArray>(
  exchange: Exchange,
  own: A,
  operator: Operator,
  root: number,
): Promise<A | undefined> {
  const { rank, worldSize } = exchange;
  if (rank !== root) {
    await exchange.send(root, encodeArray(own));
    return undefined;
  }
  let partial: A | undefined;
  for (let from = 0; from < worldSize; from++) {
    const element = from === rank ? own : decodeLike(await exchange.receive(from), own, from);
    if (partial === undefined) {
      partial = element;
      continue;
    }
    const into: A = partial === own ? element : partial;
    operator.combine(partial, element, into);
    partial = into;
  }
  return partial === undefined || partial === own ? copyOf(own) : partial;
}
