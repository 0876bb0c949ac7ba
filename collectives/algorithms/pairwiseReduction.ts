import type { Message } from '../channel.js';
import { allocateLike, decodeLike, encodeArray, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type Exchange, receiveInto } from './exchange.js';
import { foldArrays } from './fold.js';
import { piecesOf, type Range } from './ranges.js';

/**
 * Pieces of each range that are under way before the first is put together. One is enough to have the next arrive
 * meanwhile; more of them were slower (4 ranks on two cores, 16 and 64 MiB).
 */
const PIECES_AHEAD = 1;

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
 * Pieces go out no faster than own ones come to a result, so that what is under way stays small enough for the caches
 * of the processors, and for the buffers of the system. A rank that has nothing to put together does not wait.
 *
 * @returns at a holder, the whole result; elsewhere the range of this rank.
 */
export async function pairwiseReduction(exchange: Exchange, reduction: PairwiseReduction): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const { own, operator, ranges, holders, pieceBytes, into } = reduction;
  const pieces = ranges.map((range) => piecesOf(range, pieceBytes / own.BYTES_PER_ELEMENT, operator.itemLength));
  const piecesFor = (of: number) => pieces[of] ?? [];
  const others = Array.from({ length: worldSize - 1 }, (_, distance) => (rank + distance + 1) % worldSize);
  const isHolder = holders.includes(rank);
  const mine = ranges[rank] ?? { start: 0, end: 0 };
  const result = isHolder ? (into ?? allocateLike(own, own.length)) : allocateLike(own, mine.end - mine.start);
  const offset = isHolder ? 0 : mine.start;
  const place = ({ start, end }: Range) => result.subarray(start - offset, end - offset);

  // All are asked for beforehand, in the order in which they come, so that a channel knows where each belongs.
  const parts = piecesFor(rank).map((piece) => {
    const ownPart = own.subarray(piece.start, piece.end);
    const arriving: Promise<Message>[] = [];
    return { ownPart, target: place(piece), arriving };
  });
  const results: Promise<void>[] = [];
  for (const from of others) {
    const sent = isHolder ? piecesFor(from) : [];
    for (let turn = 0; turn < turnsOf(parts.length, sent.length); turn++) {
      const reduced = sent[turn - PIECES_AHEAD];
      if (reduced) results.push(receiveInto(exchange, from, place(reduced)));
      const part = parts[turn];
      if (part) part.arriving.push(exchange.receive(from));
    }
  }

  const sends: Promise<void>[] = [];
  const send = (to: number, array: NumericArray) => sends.push(exchange.sendPatiently(to, encodeArray(array)));
  const longest = Math.max(0, ...pieces.map(({ length }) => length));
  for (let turn = 0; turn < turnsOf(longest, parts.length); turn++) {
    const part = parts[turn - PIECES_AHEAD];
    if (part) {
      const reduced = await folded(exchange, part, operator);
      for (const to of others) if (holders.includes(to)) send(to, reduced);
    }
    for (const to of others) {
      const piece = piecesFor(to)[turn];
      if (piece) send(to, own.subarray(piece.start, piece.end));
    }
  }
  // Whoever has sent its results has said with them how much of what it was sent has arrived.
  await Promise.all(results);
  exchange.hurry();
  await Promise.all(sends);
  return result;
}

/** In each turn a rank sends another the next of its parts, if any, after the result of those `PIECES_AHEAD` turns ago. */
function turnsOf(parts: number, results: number): number {
  return Math.max(parts, results === 0 ? 0 : results + PIECES_AHEAD);
}

interface PartsOfPiece {
  readonly ownPart: NumericArray;
  readonly target: NumericArray;
  /** By how far the rank is ahead of this one, less one. */
  readonly arriving: readonly Promise<Message>[];
}

/** The parts of all ranks put together in `target`. @throws DataMismatchError when one is of another type or length. */
async function folded(
  exchange: Exchange,
  { ownPart, target, arriving }: PartsOfPiece,
  operator: Operator,
): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const arrays: NumericArray[] = new Array(worldSize).fill(ownPart);
  const messages: Message[] = [];
  for (const [distance, promised] of arriving.entries()) {
    const from = (rank + 1 + distance) % worldSize;
    const message = await promised;
    arrays[from] = decodeLike(message, ownPart, from);
    messages.push(message);
  }
  await foldArrays(arrays, rank, operator, target);
  for (const message of messages) message.release?.();
  return target;
}
