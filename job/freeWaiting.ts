import { releasedName } from '../collectives/storage/objectNames.js';
import { releaseGroup } from '../rendezvous/release.js';
import { signToken } from '../rendezvous/token.js';
import { channelPrefix, planKey } from '../run/keys.js';
import { planSchema } from '../run/plan.js';
import type { ObjectStore } from '../storage/objectStore.js';

/** How long a release token is good for. */
const tokenLifeMs = 60_000;

/** Who is not to be waited for any more, and why. */
export interface GoneForGood {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
  /** The rank that is given up; without it the whole group is. */
  readonly rank?: number;
  readonly reason: string;
}

export interface ReleaseSurroundings {
  readonly store: ObjectStore;
  readonly rendezvous: { readonly url: string; readonly secret: string } | undefined;
  readonly logger: { warn(message: string, fields?: Record<string, unknown>): void };
}

/**
 * Tells the ranks that wait for one that is gone, in S3 or at the rendezvous. Those who cannot be told wait until their
 * own deadlines, so that is a warning and no failure.
 */
export async function freeWaiting(
  gone: GoneForGood,
  { store, rendezvous, logger }: ReleaseSurroundings,
): Promise<void> {
  const { runId, bucket, resultPrefix, rank, reason } = gone;
  try {
    const plan = await store.findJson(bucket, planKey(resultPrefix), planSchema.pick({ collectives: true }));
    if (plan?.value.collectives.channel === 'storage') {
      await store.put(bucket, channelPrefix(resultPrefix) + releasedName, reason);
    }
  } catch (error) {
    logger.warn('The ranks that meet in S3 could not be told.', { error });
  }
  if (!rendezvous) return;
  const token = signToken(rendezvous.secret, { purpose: 'release', runId, expiresAtMs: Date.now() + tokenLifeMs });
  try {
    await releaseGroup({ url: rendezvous.url, token, runId, rank, cause: reason });
  } catch (error) {
    logger.warn('The rendezvous could not be told.', { error });
  }
}
