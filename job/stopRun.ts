import { planKey, stoppedKey } from '../run/keys.js';
import { planSchema } from '../run/plan.js';
import type { Stopped } from '../run/stopped.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { freeWaiting, type ReleaseSurroundings } from './freeWaiting.js';

export interface StopRequest {
  readonly runId: string;
  readonly bucket: string;
  /** The prefixes that the run may hold; its plan says which it does. */
  readonly prefixes: readonly string[];
  readonly cause: string;
}

/** What came of a stop. */
export interface StopOutcome {
  /** Undefined when the run had planned nothing yet, so that nobody works for it. */
  readonly resultPrefix: string | undefined;
}

/**
 * Tells everybody who still works for a run that it was stopped: executors find `stopped.json` and end, and the group is
 * released. Stopping twice does no more than stopping once.
 */
export async function stopRun(request: StopRequest, surroundings: ReleaseSurroundings): Promise<StopOutcome> {
  const { runId, bucket, cause } = request;
  const resultPrefix = await heldPrefix(surroundings.store, request);
  if (resultPrefix === undefined) return { resultPrefix };
  const stopped: Stopped = { runId, cause, recordedAtMs: Date.now() };
  await surroundings.store.putJson(bucket, stoppedKey(resultPrefix), stopped);
  await freeWaiting({ runId, bucket, resultPrefix, reason: `Stopped: ${cause}` }, surroundings);
  return { resultPrefix };
}

async function heldPrefix(store: ObjectStore, { runId, bucket, prefixes }: StopRequest): Promise<string | undefined> {
  for (const prefix of prefixes) {
    const plan = await store.findJson(bucket, planKey(prefix), planSchema.pick({ runId: true }));
    if (plan?.value.runId === runId) return prefix;
  }
  return undefined;
}
