import { allocateLike, copyOf, type NumericArray } from '../datatypes.js';
import type { Operator } from '../operators.js';
import { type Crossover, choose } from './crossover.js';
import { type Exchange, receiveInto, receiveLike, sendArray } from './exchange.js';
import { piecesOf } from './ranges.js';

/**
 * What ranks 0 to this one come to. Recursive doubling (Hillis and Steele 1986) for short arrays; for long ones, and for
 * operators that are not associative, a chain from rank to rank, piece by piece, strictly from left to right.
 *
 * @returns a new array. `own` is not written to.
 */
export async function scan(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  crossover: Crossover,
): Promise<NumericArray> {
  const chained = !operator.associative || choose(crossover.scan, own.byteLength, exchange.worldSize) === 'chain';
  if (!chained) return scanByDoubling(exchange, own, operator);
  return (await scanByChain(exchange, own, operator, crossover.pieceBytes)).inclusive;
}

/**
 * What the ranks before this one come to, with the bits that `scan` has at the rank before.
 *
 * @returns a new array; `undefined` at rank 0, before which there is none.
 */
export async function exclusiveScan(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  crossover: Crossover,
): Promise<NumericArray | undefined> {
  const { rank, worldSize } = exchange;
  const chained = !operator.associative || choose(crossover.scan, own.byteLength, worldSize) === 'chain';
  if (chained) return (await scanByChain(exchange, own, operator, crossover.pieceBytes)).exclusive;
  const inclusive = await scanByDoubling(exchange, own, operator);
  const [before] = await Promise.all([
    rank > 0 ? receiveLike(exchange, rank - 1, own) : undefined,
    rank < worldSize - 1 ? sendArray(exchange, rank + 1, inclusive) : undefined,
  ]);
  return before;
}

async function scanByDoubling(exchange: Exchange, own: NumericArray, operator: Operator): Promise<NumericArray> {
  const { rank, worldSize } = exchange;
  const sends: Promise<void>[] = [];
  let partial = own;
  for (let distance = 1; distance < worldSize; distance *= 2) {
    if (rank + distance < worldSize) sends.push(sendArray(exchange, rank + distance, partial));
    if (rank < distance) continue;
    const before = await receiveLike(exchange, rank - distance, own);
    operator.combine(before, partial, before);
    partial = before;
  }
  await Promise.all(sends);
  return partial === own ? copyOf(own) : partial;
}

async function scanByChain(
  exchange: Exchange,
  own: NumericArray,
  operator: Operator,
  pieceBytes: number,
): Promise<{ inclusive: NumericArray; exclusive: NumericArray | undefined }> {
  const { rank, worldSize } = exchange;
  const isLast = rank === worldSize - 1;
  // An operator that may only see whole arrays gets them in one piece; so does an empty one.
  const maxElements = operator.itemLength === undefined ? own.length : pieceBytes / own.BYTES_PER_ELEMENT;
  const pieces = piecesOf({ start: 0, end: own.length }, Math.max(1, maxElements), operator.itemLength);
  const sends: Promise<void>[] = [];
  if (rank === 0) {
    if (!isLast) for (const { start, end } of pieces) sends.push(sendArray(exchange, 1, own.subarray(start, end)));
    await Promise.all(sends);
    return { inclusive: copyOf(own), exclusive: undefined };
  }
  const exclusive = allocateLike(own, own.length);
  const inclusive = allocateLike(own, own.length);
  const arrivals = pieces.map(({ start, end }) => receiveInto(exchange, rank - 1, exclusive.subarray(start, end)));
  for (const [index, { start, end }] of pieces.entries()) {
    await arrivals[index];
    const result = inclusive.subarray(start, end);
    operator.combine(exclusive.subarray(start, end), own.subarray(start, end), result);
    if (!isLast) sends.push(sendArray(exchange, rank + 1, result));
  }
  await Promise.all(sends);
  return { inclusive, exclusive };
}
