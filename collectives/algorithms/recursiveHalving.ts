import { allocateLike, copyOf, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type Exchange, receiveInto, receiveLent, sendArray } from './exchange.js';
import { evenRanges, piecesOf, type Range } from './ranges.js';
import { type ReductionTree, reductionTree } from './reductionTree.js';

/** What the ranks of a reduction by halves agree on. */
export interface HalvingPlan {
  readonly tree: ReductionTree;
  /** Where the array is cut, one cut more than there are blocks. Block b ends with part `partOf(b)`. */
  readonly bounds: readonly number[];
  readonly operator: Operator;
  /** Longest message. */
  readonly pieceBytes: number;
}

/** @param lengths of the parts of the array, one for each block. */
export function halvingPlan(
  worldSize: number,
  lengths: readonly number[],
  operator: Operator,
  pieceBytes: number,
): HalvingPlan {
  const tree = reductionTree(worldSize);
  const bounds = [0];
  for (const length of lengths) bounds.push((bounds.at(-1) ?? 0) + length);
  return { tree, bounds, operator, pieceBytes };
}

/** Parts as even as items allow. */
export function evenHalvingPlan(
  worldSize: number,
  own: NumericArray,
  operator: Operator,
  pieceBytes: number,
): HalvingPlan {
  const parts = evenRanges(own.length, reductionTree(worldSize).blocks, operator.itemLength);
  const lengths = parts.map(({ start, end }) => end - start);
  return halvingPlan(worldSize, lengths, operator, pieceBytes);
}

/** Part of the array that a block holds after `reduceByHalves`: the bits of its number in reverse. */
export function partOf(block: number, blocks: number): number {
  let part = 0;
  for (let bit = 1; bit < blocks; bit *= 2) part = part * 2 + (block & bit ? 1 : 0);
  return part;
}

/**
 * Reduce-scatter by recursive halving: in each round two neighbouring groups of blocks swap halves of what they hold,
 * and each puts one half together (Rabenseifner 2004). Neighbours come first, so that the order is that of the
 * `ReductionTree`. Of a block of two, the upper rank hands all over to the lower one.
 *
 * @param into memory for the array; a new one otherwise.
 * @returns an array of the length of `own` in which this block's part is the result and the rest is anything;
 * `undefined` at the upper rank of a block of two.
 */
export async function reduceByHalves(
  exchange: Exchange,
  own: NumericArray,
  plan: HalvingPlan,
  into?: NumericArray,
): Promise<NumericArray | undefined> {
  const { rank, worldSize } = exchange;
  const { tree } = plan;
  if (worldSize === 1) return copyOf(own, into);
  const partner = tree.partnerOf(rank);
  if (partner !== undefined && partner < rank) {
    await sendRange(exchange, partner, own, { start: 0, end: own.length }, plan);
    return undefined;
  }
  const work = into ?? allocateLike(own, own.length);
  let source = own;
  if (partner !== undefined) {
    await combineRange(exchange, { from: partner, source, work, range: { start: 0, end: own.length } }, plan);
    source = work;
  }
  for (const { other, keep, give } of rounds(plan, tree.blockOf(rank))) {
    const sent = sendRange(exchange, other, source, give, plan);
    await combineRange(exchange, { from: other, source, work, range: keep }, plan);
    await sent;
    source = work;
  }
  return work;
}

/**
 * The way back: groups of blocks swap what they have until each has everything, and the upper ranks of blocks of two get
 * it too.
 *
 * @param work what `reduceByHalves` has returned for `own`; it is filled and returned.
 */
export async function gatherByHalves(
  exchange: Exchange,
  own: NumericArray,
  work: NumericArray | undefined,
  plan: HalvingPlan,
  into?: NumericArray,
): Promise<NumericArray> {
  const { rank } = exchange;
  const { tree } = plan;
  const partner = tree.partnerOf(rank);
  const whole = { start: 0, end: own.length };
  if (!work) {
    const result = into ?? allocateLike(own, own.length);
    if (partner !== undefined) await receiveRange(exchange, partner, result, whole, plan);
    return result;
  }
  for (const { other, keep, give } of [...rounds(plan, tree.blockOf(rank))].reverse()) {
    await Promise.all([receiveRange(exchange, other, work, give, plan), sendRange(exchange, other, work, keep, plan)]);
  }
  if (partner !== undefined) await sendRange(exchange, partner, work, whole, plan);
  return work;
}

export async function sendRange(
  exchange: Exchange,
  to: number,
  array: NumericArray,
  range: Range,
  plan: HalvingPlan,
): Promise<void> {
  await Promise.all(cut(array, range, plan).map((piece) => sendArray(exchange, to, piece)));
}

export async function receiveRange(
  exchange: Exchange,
  from: number,
  array: NumericArray,
  range: Range,
  plan: HalvingPlan,
): Promise<void> {
  await Promise.all(cut(array, range, plan).map((piece) => receiveInto(exchange, from, piece)));
}

/** Puts what this rank has of a range (in `source`) and what another sends together in `work`, piece by piece. */
async function combineRange(
  exchange: Exchange,
  { from, source, work, range }: { from: number; source: NumericArray; work: NumericArray; range: Range },
  plan: HalvingPlan,
): Promise<void> {
  const targets = cut(work, range, plan);
  const pieces = cut(source, range, plan).map((own) => ({ own, other: receiveLent(exchange, from, own) }));
  for (const [index, { own, other }] of pieces.entries()) {
    const { array: received, release } = await other;
    const target = targets[index] ?? own;
    if (from > exchange.rank) plan.operator.combine(own, received, target);
    else plan.operator.combine(received, own, target);
    release();
  }
}

interface Round {
  readonly other: number;
  readonly keep: Range;
  readonly give: Range;
}

/** With whom a block swaps which elements, from the first round to the last. */
function* rounds({ tree, bounds }: HalvingPlan, block: number): Generator<Round> {
  let [low, high] = [0, tree.blocks];
  for (let bit = 1; bit < tree.blocks; bit *= 2) {
    const middle = (low + high) / 2;
    const lower = { start: bounds[low] ?? 0, end: bounds[middle] ?? 0 };
    const upper = { start: bounds[middle] ?? 0, end: bounds[high] ?? 0 };
    const other = tree.firstRank(block ^ bit);
    if (block & bit) {
      yield { other, keep: upper, give: lower };
      low = middle;
    } else {
      yield { other, keep: lower, give: upper };
      high = middle;
    }
  }
}

function cut(array: NumericArray, range: Range, { pieceBytes, operator }: HalvingPlan): NumericArray[] {
  const pieces = piecesOf(range, pieceBytes / array.BYTES_PER_ELEMENT, operator.itemLength);
  return pieces.map(({ start, end }) => array.subarray(start, end));
}
