import { allocateLike, copyInto, copyOf, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { allreduce } from './allreduce.js';
import type { Crossover } from './crossover.js';
import type { Exchange } from './exchange.js';
import { pairwiseReduction } from './pairwiseReduction.js';
import type { Range } from './ranges.js';
import { halvingPlan, partOf, receiveRange, reduceByHalves, sendRange } from './recursiveHalving.js';
import { reductionAlgorithm } from './reduce.js';
import { reductionTree } from './reductionTree.js';

/**
 * Reduction of which rank i gets range i alone, with the bits that `allreduce` has there.
 *
 * @param ranges by rank; one after the other they are the whole array.
 * @returns a new array. `own` is not written to.
 */
export async function reduceScatter(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  ranges: readonly Range[],
  crossover: Crossover,
): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const { pieceBytes } = crossover;
  switch (reductionAlgorithm(crossover.reduceScatter, own, operator, worldSize)) {
    case 'tree': {
      // The operator may only see whole arrays.
      const whole = await allreduce(exchange, own, operator, { ...crossover, allreduce: [{ algorithm: 'tree' }] });
      return copyOf(whole.subarray(ranges[rank]?.start, ranges[rank]?.end));
    }
    case 'pairwise':
      return pairwiseReduction(exchange, { own, operator, ranges, holders: [], pieceBytes });
    case 'halving':
      return reduceScatterByHalves(exchange, own, operator, ranges, pieceBytes);
  }
}

/** The ranges are put into the order in which recursive halving hands them out. */
async function reduceScatterByHalves(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  ranges: readonly Range[],
  pieceBytes: number,
): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const tree = reductionTree(worldSize);
  const ranksOf = (block: number) => {
    const first = tree.firstRank(block);
    const partner = tree.partnerOf(first);
    return partner === undefined ? [first] : [first, partner];
  };
  const rangeOf = (of: number) => ranges[of] ?? { start: 0, end: 0 };
  const lengthOf = (of: number) => rangeOf(of).end - rangeOf(of).start;
  // Reversing the bits is its own opposite: the block of a part is found as the part of a block is.
  const inOrder = Array.from({ length: tree.blocks }, (_, part) => ranksOf(partOf(part, tree.blocks)));
  const lengths = inOrder.map((ranks) => ranks.reduce((sum, of) => sum + lengthOf(of), 0));
  const plan = halvingPlan(worldSize, lengths, operator, pieceBytes);

  const sorted = allocateLike(own, own.length);
  let filled = 0;
  for (const of of inOrder.flat()) {
    copyInto(sorted.subarray(filled, filled + lengthOf(of)), own.subarray(rangeOf(of).start, rangeOf(of).end));
    filled += lengthOf(of);
  }
  const work = await reduceByHalves(exchange, sorted, plan);
  const partner = tree.partnerOf(rank);
  if (!work) {
    const result = allocateLike(own, lengthOf(rank));
    if (partner !== undefined) await receiveRange(exchange, partner, result, { start: 0, end: result.length }, plan);
    return result;
  }
  const start = plan.bounds[partOf(tree.blockOf(rank), tree.blocks)] ?? 0;
  const middle = start + lengthOf(rank);
  const result = copyOf(work.subarray(start, middle));
  if (partner !== undefined) {
    await sendRange(exchange, partner, work, { start: middle, end: middle + lengthOf(partner) }, plan);
  }
  return result;
}
