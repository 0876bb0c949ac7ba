import { type Architecture, type PriceTable, priceOf, priceOfGbSeconds, pricesOf } from './prices.js';

/** A rank, or an attempt at one, that has begun. */
export interface StartedRank {
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  /** Epoch milliseconds; undefined while it runs. */
  readonly endedAtMs?: number;
}

/**
 * Dollars that the ranks of a run have come to so far, for a progress display: configured memory times the time since each
 * start, and one request each. The bill at the end is what counts.
 */
export function runningCostUsd(progress: {
  readonly ranks: Iterable<StartedRank>;
  readonly nowMs: number;
  readonly memoryMb: number;
  readonly architecture: Architecture;
  readonly region: string;
  readonly pricesTable: PriceTable;
}): number {
  const { lambda } = pricesOf(progress.pricesTable, progress.region).prices;
  let requests = 0;
  let seconds = 0;
  for (const { startedAtMs, endedAtMs } of progress.ranks) {
    requests++;
    seconds += Math.max(0, (endedAtMs ?? progress.nowMs) - startedAtMs) / 1000;
  }
  const gbSeconds = (progress.memoryMb / 1024) * seconds;
  return priceOfGbSeconds(lambda.compute[progress.architecture], gbSeconds) + priceOf(lambda.requests, requests);
}
