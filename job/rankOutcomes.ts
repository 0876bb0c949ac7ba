import { attemptsKey, failureKey, metricsKey } from '../run/keys.js';
import {
  type Attempt,
  attemptsSchema,
  type RankFailure,
  type RankMetrics,
  rankFailureSchema,
  rankMetricsSchema,
} from '../run/metrics.js';
import type { Plan } from '../run/plan.js';
import type { FailedRank } from '../run/summary.js';
import { InvalidObjectError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { mapBounded } from './boundedMap.js';

/** GETs under way while the results are collected. */
const parallelReads = 32;

/** What is known of one rank after the map has ended. */
export interface RankOutcome {
  readonly rank: number;
  /** Undefined when the rank did not deliver. */
  readonly metrics: RankMetrics | undefined;
  readonly failure: RankFailure | undefined;
  readonly attempts: Attempt[];
}

/** Reads what every rank of the plan left behind; files of other runs do not count. */
export async function collectOutcomes(store: ObjectStore, plan: Plan): Promise<RankOutcome[]> {
  const ranks = Array.from({ length: plan.worldSize }, (_, rank) => rank);
  return mapBounded(ranks, parallelReads, (rank) => collectOutcome(store, plan, rank));
}

async function collectOutcome(store: ObjectStore, plan: Plan, rank: number): Promise<RankOutcome> {
  const { bucket, resultPrefix, runId } = plan;
  const [metrics, attempts] = await Promise.all([
    findMetrics(store, plan, rank),
    store.findJson(bucket, attemptsKey(resultPrefix, rank), attemptsSchema),
  ]);
  const failure = metrics ? undefined : await store.findJson(bucket, failureKey(resultPrefix, rank), rankFailureSchema);
  return {
    rank,
    metrics,
    failure: failure?.value.runId === runId ? failure.value : undefined,
    attempts: attempts?.value.runId === runId ? attempts.value.attempts : [],
  };
}

/** CosmicAI's executors write `<rank>.json` too: what is not ours, or not of this run, is not there. */
async function findMetrics(store: ObjectStore, plan: Plan, rank: number): Promise<RankMetrics | undefined> {
  try {
    const found = await store.findJson(plan.bucket, metricsKey(plan.resultPrefix, rank), rankMetricsSchema);
    return found?.value.muster.runId === plan.runId ? found.value : undefined;
  } catch (error) {
    if (error instanceof InvalidObjectError) return undefined;
    throw error;
  }
}

/** The ranks that did not deliver, with the cause as far as it was recorded. */
export function failedRanks(outcomes: readonly RankOutcome[]): FailedRank[] {
  return outcomes
    .filter(({ metrics }) => metrics === undefined)
    .map(({ rank, failure, attempts }) => {
      if (failure) return { rank, attempts: failure.attempts, cause: `${failure.error}: ${failure.cause}` };
      const cause = attempts.length > 0 ? 'began, but wrote no metrics and recorded no failure' : 'never began';
      return { rank, attempts: attempts.length, cause };
    });
}
