import { allgather } from './algorithms/allgather.js';
import type { Crossover } from './algorithms/crossover.js';
import type { Exchange } from './algorithms/exchange.js';
import { decodeLike, encodeArray } from './datatypes.js';

/** What a rank brings to a split. */
export interface SplitChoice {
  /** `undefined`: it takes no part in what comes. */
  readonly color: number | undefined;
  readonly key: number;
  /** A number for the new communicator that no other rank gives. */
  readonly number: number;
}

/** Ranks that chose the same color, in the order of their keys and then of their ranks, and their common number. */
export interface Members {
  readonly ranks: readonly number[];
  readonly number: number;
}

/** Every rank hears what the others chose; the number is that of the first member. */
export async function membersOf(
  exchange: Exchange,
  own: SplitChoice,
  crossover: Crossover,
): Promise<Members | undefined> {
  // NaN stands for no color: a color itself is finite.
  const encoded = Float64Array.of(own.color ?? Number.NaN, own.key, own.number);
  const messages = await allgather(exchange, encodeArray(encoded), crossover);
  if (own.color === undefined) return undefined;
  const members = messages
    .map((message, rank) => {
      const [color = Number.NaN, key = 0, number = 0] = Float64Array.from(decodeLike(message, encoded, rank), Number);
      return { rank, color, key, number };
    })
    .filter(({ color }) => color === own.color)
    .sort((a, b) => a.key - b.key || a.rank - b.rank);
  return { ranks: members.map(({ rank }) => rank), number: members[0]?.number ?? own.number };
}
