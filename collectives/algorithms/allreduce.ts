import type { Message } from '../channel.js';
import { copyOf, decodeLike, encodeArray, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { broadcast } from './broadcast.js';
import type { Crossover } from './crossover.js';
import { type Exchange, receiveInto, receiveLike, sendArray, sentAlready } from './exchange.js';
import { pairwiseReduction } from './pairwiseReduction.js';
import { evenRanges } from './ranges.js';
import { evenHalvingPlan, gatherByHalves, type HalvingPlan, reduceByHalves } from './recursiveHalving.js';
import { reduce, reductionAlgorithm } from './reduce.js';
import { reductionTree } from './reductionTree.js';

/**
 * Reduction to every rank, with the bits of `reduce`: recursive doubling for short arrays; for long ones each rank works
 * out a part, pairwise or by recursive halving, and gives it to the others.
 *
 * @param into memory for the result, apart from `own`; a new array otherwise.
 * @returns the result. `own` is not written to.
 */
export function allreduce(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  crossover: Crossover,
  into?: NumericArray,
): Promise<NumericArray> {
  const { worldSize } = exchange;
  const { pieceBytes } = crossover;
  switch (reductionAlgorithm(crossover.allreduce, own, operator, worldSize)) {
    case 'tree':
      return operator.associative
        ? allreduceByDoubling(exchange, own, operator, into)
        : reduceAndBroadcast(exchange, own, operator, crossover, into);
    case 'pairwise': {
      const ranges = evenRanges(own.length, worldSize, operator.itemLength);
      const holders = ranges.map((_, rank) => rank);
      return pairwiseReduction(exchange, { own, operator, ranges, holders, pieceBytes, into });
    }
    case 'halving': {
      return allreduceByHalving(exchange, own, evenHalvingPlan(worldSize, own, operator, pieceBytes), into);
    }
  }
}

async function reduceAndBroadcast(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  crossover: Crossover,
  into: NumericArray | undefined,
): Promise<NumericArray> {
  const result = await reduce(exchange, own, operator, 0, { ...crossover, reduce: [{ algorithm: 'tree' }] });
  const received = decodeLike(await broadcast(exchange, result && encodeArray(result), 0, crossover), own, 0);
  return into ? copyOf(received, into) : received;
}

async function allreduceByHalving(
  exchange: Exchange,
  own: NumericArray,
  plan: HalvingPlan,
  into: NumericArray | undefined,
): Promise<NumericArray> {
  return gatherByHalves(exchange, own, await reduceByHalves(exchange, own, plan, into), plan, into);
}

/**
 * Recursive doubling over the `ReductionTree`: both of a pair put the same two parts together in the same order, so all
 * ranks end with the same bits.
 */
async function allreduceByDoubling(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  into: NumericArray | undefined,
): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const tree = reductionTree(worldSize);
  const partner = tree.partnerOf(rank);
  // The upper rank of a block of two hands its part over and gets the result in the end.
  if (partner !== undefined && partner < rank) {
    await sendArray(exchange, partner, own);
    if (!into) return receiveLike(exchange, partner, own);
    await receiveInto(exchange, partner, into);
    return into;
  }
  const block = tree.blockOf(rank);
  const others = partner === undefined ? [] : [partner];
  for (let bit = 1; bit < tree.blocks; bit *= 2) others.push(tree.firstRank(block ^ bit));
  let partial = own;
  let releasePartial: Message['release'];
  const last = others[others.length - 1];
  for (const other of others) {
    const sent = other === partner ? undefined : sendArray(exchange, other, partial);
    const message = await exchange.receive(other);
    const received = decodeLike(message, own, other);
    if (sent !== sentAlready) await sent;
    const target = other === last && into ? into : received;
    if (other > rank) operator.combine(partial, received, target);
    else operator.combine(received, partial, target);
    releasePartial?.();
    if (target !== received) message.release?.();
    partial = target;
    releasePartial = message.release;
  }
  if (partner !== undefined) await sendArray(exchange, partner, partial);
  return partial === own ? copyOf(own, into) : partial;
}
