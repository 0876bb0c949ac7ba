import { compareValues, numberOf, textOf, type Value } from './values.js';

/** Gathers one value out of the records of a group. */
export interface Aggregate {
  /** @param parameters of the call, for one record; @param epochMs time of the record. */
  add(parameters: readonly Value[], epochMs: number): void;
  result(): Value;
}

/** Aggregates by name with the fewest and most parameters that they take. */
export const aggregateNames: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ['count', [0, 1]],
  ['count_distinct', [1, 1]],
  ['sum', [1, 1]],
  ['avg', [1, 1]],
  ['min', [1, 1]],
  ['max', [1, 1]],
  ['stddev', [1, 1]],
  ['median', [1, 1]],
  ['pct', [2, 2]],
  ['earliest', [1, 1]],
  ['latest', [1, 1]],
  ['sortsfirst', [1, 1]],
  ['sortslast', [1, 1]],
]);

/** Makes the aggregate of a name in {@link aggregateNames}. */
export function createAggregate(name: string, parameterCount: number): Aggregate {
  switch (name) {
    case 'count':
      return parameterCount === 0 ? new CountRecords() : new Count();
    case 'count_distinct':
      return new CountDistinct();
    case 'sum':
    case 'avg':
    case 'stddev':
      return new Moments(name);
    case 'min':
      return new Numbers((sorted) => sorted[0]);
    case 'max':
      return new Numbers((sorted) => sorted.at(-1));
    case 'median':
      return new Numbers((sorted) => percentile(sorted, 50));
    case 'pct':
      return new Numbers((sorted, rank) => percentile(sorted, rank));
    case 'earliest':
      return new AtTime((a, b) => a < b);
    case 'latest':
      return new AtTime((a, b) => a >= b);
    case 'sortsfirst':
      return new InOrder((order) => order < 0);
    case 'sortslast':
      return new InOrder((order) => order > 0);
  }
  throw new Error(`there is no aggregate ${name}`);
}

/**
 * The smallest value such that `rank` percent of all are not above it (nearest rank). The real service estimates
 * percentiles; this is exact.
 */
function percentile(sorted: readonly number[], rank: number): Value {
  if (!(rank >= 0 && rank <= 100)) return undefined;
  return sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)];
}

class CountRecords implements Aggregate {
  #count = 0;

  add(): void {
    this.#count++;
  }

  result(): Value {
    return this.#count;
  }
}

class Count implements Aggregate {
  #count = 0;

  add([value]: readonly Value[]): void {
    if (value !== undefined) this.#count++;
  }

  result(): Value {
    return this.#count;
  }
}

class CountDistinct implements Aggregate {
  readonly #values = new Set<string>();

  add([value]: readonly Value[]): void {
    if (value !== undefined) this.#values.add(textOf(value));
  }

  result(): Value {
    return this.#values.size;
  }
}

/** Sum, mean and population standard deviation of the numbers among the values; Welford's recurrence. */
class Moments implements Aggregate {
  readonly #wanted: 'sum' | 'avg' | 'stddev';
  #count = 0;
  #sum = 0;
  #mean = 0;
  #squares = 0;

  constructor(wanted: 'sum' | 'avg' | 'stddev') {
    this.#wanted = wanted;
  }

  add([value]: readonly Value[]): void {
    const number = numberOf(value);
    if (Number.isNaN(number)) return;
    this.#count++;
    this.#sum += number;
    const deviation = number - this.#mean;
    this.#mean += deviation / this.#count;
    this.#squares += deviation * (number - this.#mean);
  }

  result(): Value {
    if (this.#count === 0) return undefined;
    if (this.#wanted === 'sum') return this.#sum;
    return this.#wanted === 'avg' ? this.#sum / this.#count : Math.sqrt(this.#squares / this.#count);
  }
}

/** What a choice makes of all numbers among the values in rising order, and of the second parameter. */
class Numbers implements Aggregate {
  readonly #choose: (sorted: readonly number[], parameter: number) => Value;
  readonly #numbers: number[] = [];
  #parameter = Number.NaN;

  constructor(choose: (sorted: readonly number[], parameter: number) => Value) {
    this.#choose = choose;
  }

  add([value, parameter]: readonly Value[]): void {
    const number = numberOf(value);
    if (!Number.isNaN(number)) this.#numbers.push(number);
    this.#parameter = numberOf(parameter);
  }

  result(): Value {
    return this.#choose(
      this.#numbers.sort((a, b) => a - b),
      this.#parameter,
    );
  }
}

class AtTime implements Aggregate {
  readonly #isBetter: (epochMs: number, best: number) => boolean;
  #best: { readonly epochMs: number; readonly value: Value } | undefined;

  constructor(isBetter: (epochMs: number, best: number) => boolean) {
    this.#isBetter = isBetter;
  }

  add([value]: readonly Value[], epochMs: number): void {
    if (value === undefined) return;
    if (!this.#best || this.#isBetter(epochMs, this.#best.epochMs)) this.#best = { epochMs, value };
  }

  result(): Value {
    return this.#best?.value;
  }
}

class InOrder implements Aggregate {
  readonly #isBetter: (order: number) => boolean;
  #best: Value;

  constructor(isBetter: (order: number) => boolean) {
    this.#isBetter = isBetter;
  }

  add([value]: readonly Value[]): void {
    if (value === undefined) return;
    if (this.#best === undefined || this.#isBetter(compareValues(value, this.#best))) this.#best = value;
  }

  result(): Value {
    return this.#best;
  }
}
