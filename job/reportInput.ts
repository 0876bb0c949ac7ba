import type { ReportInput } from '../report/renderReport.js';
import { planKey } from '../run/keys.js';
import type { Attempts, RankMetrics } from '../run/metrics.js';
import { type Plan, planSchema } from '../run/plan.js';
import type { RunSummary } from '../run/summary.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { type PredictionPairs, pairedFiles, readPairs } from './predictionPairs.js';
import { collectOutcomes } from './rankOutcomes.js';

/** What a run left, as its report needs it. */
export interface RunRemains {
  readonly plan: Plan;
  readonly summary: RunSummary;
  readonly metrics: readonly RankMetrics[];
  readonly attempts: readonly Attempts[];
  readonly pairs: PredictionPairs | undefined;
}

/** Arranges what a run left for its report; pure. */
export function reportInput({ plan, summary, metrics, attempts, pairs }: RunRemains): ReportInput {
  return {
    summary,
    payload: plan.payload,
    pairs: pairs && { predicted: Float32Array.from(pairs.predicted), truth: Float32Array.from(pairs.truth) },
    spans: metrics.map(({ muster }) => ({ rank: muster.rank, generation: muster.generation, spans: muster.spans })),
    attempts,
    versions: summary.versions ?? {},
  };
}

/**
 * Reads what the report of a finished run is made of back from under its result prefix, so that it can be made again.
 *
 * @throws ObjectNotFoundError when the plan is not there.
 */
export async function readReportInput(
  store: ObjectStore,
  { bucket, resultPrefix }: { readonly bucket: string; readonly resultPrefix: string },
  summary: RunSummary,
): Promise<ReportInput> {
  const plan = await store.getJson(bucket, planKey(resultPrefix), planSchema);
  const outcomes = await collectOutcomes(store, plan);
  const metrics = outcomes.flatMap((outcome) => outcome.metrics ?? []);
  return reportInput({
    plan,
    summary,
    metrics,
    attempts: outcomes.map(({ rank, attempts }) => ({ runId: plan.runId, rank, attempts })),
    pairs: await readPairs(store, plan.bucket, pairedFiles(metrics)),
  });
}
