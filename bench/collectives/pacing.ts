import type { ComparedCase } from './comparisonPlan.js';
import type { ComparedRow } from './comparisonRecord.js';
import type { ContenderName } from './contenders.js';

/** Up to here the time of a message hardly depends on its size. */
const shortMessageBytes = 65_536;
/** Calls of the operation in one measurement of a slow contender: checked, warmed up and timed twice. */
const callsOfARound = 4;

/**
 * Keeps slow contenders from taking all the time: what one took for a smaller size of the same operation says how long
 * the next size takes, growing as the size does.
 */
export class Pacing {
  readonly #caseLimitMs: number;
  readonly #rounds: number;
  /** The largest size that was timed, by contender, operation and ranks. */
  readonly #known = new Map<string, ComparedRow>();

  constructor(caseLimitMs: number, rounds: number, known: readonly ComparedRow[]) {
    this.#caseLimitMs = caseLimitMs;
    this.#rounds = rounds;
    this.learn(known);
  }

  learn(rows: readonly ComparedRow[]): void {
    for (const row of rows) {
      const key = keyOf(row.channel, row);
      if ((this.#known.get(key)?.bytes ?? -1) < row.bytes) this.#known.set(key, row);
    }
  }

  /** In how many rounds a contender takes part: all, the first only, or none. */
  roundsFor(name: ContenderName, wanted: ComparedCase): number {
    const roundMs = this.#roundMs(name, wanted);
    if (roundMs * this.#rounds <= this.#caseLimitMs) return this.#rounds;
    return roundMs <= this.#caseLimitMs ? 1 : 0;
  }

  /** Why a contender takes no part. */
  reason(name: ContenderName, wanted: ComparedCase): string {
    return `it would take about ${Math.round(this.#roundMs(name, wanted) / 1000)} s`;
  }

  #roundMs(name: ContenderName, wanted: ComparedCase): number {
    const known = this.#known.get(keyOf(name, wanted));
    if (!known) return 0;
    const growth = Math.max(1, wanted.bytes / Math.max(shortMessageBytes, known.bytes));
    return (known.avgUs / 1000) * growth * callsOfARound;
  }
}

const keyOf = (name: ContenderName, { operation, ranks }: Pick<ComparedCase, 'operation' | 'ranks'>) =>
  `${name}|${operation}|${ranks}`;
