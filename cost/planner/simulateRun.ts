import type { ForecastConstants } from '../forecast/constants.js';
import { type ForecastInput, forecastRun } from '../forecast/forecastRun.js';
import { drawnDurations } from './drawnDurations.js';
import { RandomStream } from './randomStream.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly replications: number;
  /** New attempts of a rank after its first one failed. */
  readonly retries: number;
  readonly limits?: RunLimits;
  /** Gives up, with fewer replications, as soon as no such share of them can keep to the limits any more; 0 by default. */
  readonly neededShare?: number;
}

/** What a run is to keep to. */
export interface RunLimits {
  readonly deadlineS?: number;
  readonly budgetUsd?: number;
}

/** Quantiles over the replications. */
export interface Quantiles {
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
}

export interface Simulation {
  readonly seed: number;
  /** Those that were played. */
  readonly replications: number;
  /** Share of the replications that kept to the limits; 1 without any. */
  readonly keptShare: number;
  readonly wallS: Quantiles;
  readonly usd: Quantiles;
  /** The slowest rank. */
  readonly slowestRankS: Quantiles;
}

/**
 * Plays a run again and again: every replication draws its stragglers, its failed attempts, and by how much the model
 * errs, and schedules the ranks under the limit of concurrency and Lambda's ramp. The error of the model scales time and
 * bill alike.
 *
 * @returns an iterator that yields after each replication, so that a caller can show progress, and returns the result.
 */
export function* simulateRun(
  input: ForecastInput,
  constants: ForecastConstants,
  {
    seed,
    replications,
    retries,
    limits: { deadlineS = Infinity, budgetUsd = Infinity } = {},
    neededShare = 0,
  }: SimulationOptions,
): Generator<number, Simulation> {
  const random = new RandomStream(seed);
  const durations = drawnDurations(random, retries);
  const played: { wallS: number; usd: number; slowestRankS: number }[] = [];
  let missed = 0;
  for (let replication = 1; replication <= replications; replication++) {
    const error = Math.exp(constants.modelError.value * random.normal());
    const { wallS, bill, slowestRankS } = forecastRun(input, constants, durations);
    const outcome = { wallS: wallS * error, usd: bill.totalUsd * error, slowestRankS };
    played.push(outcome);
    yield replication;
    if (outcome.wallS > deadlineS || outcome.usd > budgetUsd) missed++;
    if ((replications - missed) / replications < neededShare) break;
  }
  return {
    seed,
    replications: played.length,
    keptShare: (played.length - missed) / played.length,
    wallS: quantilesOf(played.map(({ wallS }) => wallS)),
    usd: quantilesOf(played.map(({ usd }) => usd)),
    slowestRankS: quantilesOf(played.map(({ slowestRankS }) => slowestRankS)),
  };
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}
