import { allocateLike, encodeArray, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type Exchange, type LentArray, receiveInto, receiveLent } from './exchange.js';
import { foldArrays } from './fold.js';
import { piecesOf, type Range } from './ranges.js';

/** A reduction of which rank i works out range i. */
export interface PairwiseReduction {
  readonly own: NumericArray;
  readonly operator: Operator;
  /** By rank; together they are the whole array. */
  readonly ranges: readonly Range[];
  /** Ranks that get the whole result. */
  readonly holders: readonly number[];
  /** Longest message. */
  readonly pieceBytes: number;
  /** Memory for the whole result at a holder. */
  readonly into?: NumericArray | undefined;
}

/**
 * Every rank sends to every other what it has of that rank's range, puts its own range together, and sends it to those
 * that are to have the result. Each byte travels once each way, in two steps at any world size, and any order of
 * reduction is as good as another; but each rank needs a link to each other.
 *
 * Messages between two ranks go in a fixed order: first all parts, then all results.
 *
 * @returns at a holder, the whole result; elsewhere the range of this rank.
 */
export async function pairwiseReduction(exchange: Exchange, reduction: PairwiseReduction): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const { own, operator, ranges, holders, pieceBytes, into } = reduction;
  const pieces = ranges.map((range) => piecesOf(range, pieceBytes / own.BYTES_PER_ELEMENT, operator.itemLength));
  const others = Array.from({ length: worldSize - 1 }, (_, distance) => (rank + distance + 1) % worldSize);
  const sends = others.flatMap((to) =>
    (pieces[to] ?? []).map(({ start, end }) => exchange.sendPatiently(to, encodeArray(own.subarray(start, end)))),
  );

  const isHolder = holders.includes(rank);
  const mine = ranges[rank] ?? { start: 0, end: 0 };
  const result = isHolder ? (into ?? allocateLike(own, own.length)) : allocateLike(own, mine.end - mine.start);
  const offset = isHolder ? 0 : mine.start;
  const place = ({ start, end }: Range) => result.subarray(start - offset, end - offset);

  // All are asked for beforehand, in the order in which they come, so that a channel knows where each belongs.
  const parts = (pieces[rank] ?? []).map((piece) => {
    const ownPart = own.subarray(piece.start, piece.end);
    return { ownPart, target: place(piece), arriving: others.map((from) => receiveLent(exchange, from, ownPart)) };
  });
  const results = isHolder
    ? others.flatMap((from) => (pieces[from] ?? []).map((piece) => receiveInto(exchange, from, place(piece))))
    : [];

  for (const { ownPart, target, arriving } of parts) {
    const reduced = encodeArray(await folded(exchange, { ownPart, target, arriving, operator }));
    for (const to of others) if (holders.includes(to)) sends.push(exchange.sendPatiently(to, reduced));
  }
  // Whoever has sent its results has said with them how much of what it was sent has arrived.
  await Promise.all(results);
  exchange.hurry();
  await Promise.all(sends);
  return result;
}

interface PartsOfPiece {
  readonly ownPart: NumericArray;
  readonly target: NumericArray;
  /** By how far the rank is ahead of this one, less one. */
  readonly arriving: readonly Promise<LentArray>[];
  readonly operator: Operator;
}

/** The parts of all ranks put together in `target`. */
async function folded(
  exchange: Exchange,
  { ownPart, target, arriving, operator }: PartsOfPiece,
): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const lent = await Promise.all(arriving);
  const arrays = Array.from({ length: worldSize }, (_, from) => {
    const distance = (from - rank + worldSize) % worldSize;
    return lent[distance - 1]?.array ?? ownPart;
  });
  await foldArrays(arrays, rank, operator, target);
  for (const { release } of lent) release();
  return target;
}
