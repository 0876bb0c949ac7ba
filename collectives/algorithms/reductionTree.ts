/**
 * The order in which every reduction with an associative operator puts its parts together, whatever the root, the
 * channel and the algorithm, so that a result has the same bits at every rank and in every run:
 *
 * 1. With p the largest power of two up to the world size and `extra` the ranks beyond it, ranks 2i and 2i+1 make
 *    block i for i < extra, and rank i + extra makes block i alone for the others. (The step by which recursive
 *    doubling deals with any world size: Thakur, Rabenseifner and Gropp 2005, section 4.)
 * 2. Neighbouring blocks are put together, then neighbouring pairs of blocks, and so on, the lower ones on the left.
 *
 * Ranks stay in order from left to right, so an operator need not be commutative. This is why there is no ring among the
 * reductions: a ring puts each part of the vector together in another order.
 */
export interface ReductionTree {
  /** Number of blocks, a power of two. */
  readonly blocks: number;
  blockOf(rank: number): number;
  /** Lowest rank of a block. */
  firstRank(block: number): number;
  /** The other rank of a block of two. */
  partnerOf(rank: number): number | undefined;
}

/** The ranks whose parts are put together, one pair after the other, each into the place of the first; rank 0 has all. */
export function reductionSteps(worldSize: number): [left: number, right: number][] {
  const { blocks, firstRank, partnerOf } = reductionTree(worldSize);
  const steps: [number, number][] = [];
  for (let block = 0; block < blocks; block++) {
    const partner = partnerOf(firstRank(block));
    if (partner !== undefined) steps.push([firstRank(block), partner]);
  }
  for (let size = 1; size < blocks; size *= 2) {
    for (let block = 0; block < blocks; block += 2 * size) steps.push([firstRank(block), firstRank(block + size)]);
  }
  return steps;
}

/** By world size: short operations would make one every few microseconds. */
const trees = new Map<number, ReductionTree>();

export function reductionTree(worldSize: number): ReductionTree {
  const known = trees.get(worldSize);
  if (known) return known;
  const tree = treeOf(worldSize);
  trees.set(worldSize, tree);
  return tree;
}

function treeOf(worldSize: number): ReductionTree {
  const blocks = 2 ** Math.floor(Math.log2(worldSize));
  const extra = worldSize - blocks;
  return {
    blocks,
    blockOf: (rank) => (rank < 2 * extra ? Math.floor(rank / 2) : rank - extra),
    firstRank: (block) => (block < extra ? 2 * block : block + extra),
    partnerOf: (rank) => (rank < 2 * extra ? rank ^ 1 : undefined),
  };
}
