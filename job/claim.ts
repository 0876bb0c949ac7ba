import { planKey, rowsPerPlanShard } from '../run/keys.js';
import { type CoordinatorRecord, type Plan, planSchema, type S3Requests } from '../run/plan.js';
import { PreconditionFailedError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/objectStore.js';

/** A plan that no prefix is taken for yet. */
export type PlanToClaim = Omit<Plan, 'resultPrefix' | 'initialize'> & { readonly initialize: CoordinatorRecord };

/**
 * Writes the plan, and with it takes its result prefix: the plan's object is made only where there is none. A prefix that
 * another run holds is left as it is, and this run goes to `<result_path>/<run id>`; so no run ever writes over another.
 * Names of executions come back after 90 days, and at other stages: the same name with another start is another run.
 *
 * Called again by a retry of the same run, it replaces the run's own plan.
 *
 * @returns the plan as written, with the prefix that was taken.
 */
export async function claimResultPrefix(store: ObjectStore, plan: PlanToClaim): Promise<Plan> {
  const prefixes = possiblePrefixes(plan.payload.result_path, plan);
  for (const resultPrefix of prefixes) {
    const candidate: Plan = {
      ...plan,
      resultPrefix,
      initialize: { ...plan.initialize, requests: requestsOf(store, plan) },
    };
    if (await takePrefix(store, candidate)) return candidate;
  }
  throw new PreconditionFailedError(plan.bucket, planKey(prefixes[prefixes.length - 1]));
}

/** The prefixes that a run may hold, in the order in which it tries them. */
export function possiblePrefixes(
  resultPath: string,
  { runId, createdAtMs }: Pick<Plan, 'runId' | 'createdAtMs'>,
): string[] {
  return [resultPath, `${resultPath}/${runId}`, `${resultPath}/${runId}-${createdAtMs}`];
}

/** What was asked of S3 until now, and what will have been when the plan and its shards are written. */
function requestsOf({ calls: { counts } }: ObjectStore, { worldSize }: PlanToClaim): S3Requests {
  const { get, put, list, head } = counts;
  return { get, put: put + 1 + Math.ceil(worldSize / rowsPerPlanShard), list, head };
}

async function takePrefix(store: ObjectStore, plan: Plan): Promise<boolean> {
  const key = planKey(plan.resultPrefix);
  try {
    await store.putJson(plan.bucket, key, plan, { condition: { absent: true } });
    return true;
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) throw error;
  }
  const holder = await store.findJson(plan.bucket, key, planSchema.pick({ runId: true, createdAtMs: true }));
  if (holder?.value.runId !== plan.runId || holder.value.createdAtMs !== plan.createdAtMs) return false;
  await store.putJson(plan.bucket, key, plan, { condition: { etag: holder.etag } });
  return true;
}
