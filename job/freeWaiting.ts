import { releasedName } from '../collectives/storage/objectNames.js';
import { releaseGroup } from '../rendezvous/release.js';
import { signTokenOfRun } from '../rendezvous/token.js';
import { channelPrefix, planKey, rendezvousKey } from '../run/keys.js';
import { meetingSchema } from '../run/meeting.js';
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
  readonly logger: { warn(message: string, fields?: Record<string, unknown>): void };
}

/**
 * Tells the ranks that wait for one that is gone, in S3 or at the rendezvous. Those who cannot be told wait until their
 * own deadlines, so that is a warning and no failure. When the whole group is gone, nobody is to meet there any more.
 */
export async function freeWaiting(gone: GoneForGood, surroundings: ReleaseSurroundings): Promise<void> {
  const { bucket, resultPrefix, reason } = gone;
  const { store, logger } = surroundings;
  const channel = await channelOf(gone, surroundings);
  try {
    if (channel === 'storage') await store.put(bucket, channelPrefix(resultPrefix) + releasedName, reason);
  } catch (error) {
    logger.warn('The ranks that meet in S3 could not be told.', { error });
  }
  try {
    if (channel === 'relay' || channel === 'direct') await releaseAtRendezvous(gone, store);
  } catch (error) {
    logger.warn('The rendezvous could not be told.', { error });
  }
}

async function channelOf({ bucket, resultPrefix }: GoneForGood, { store, logger }: ReleaseSurroundings) {
  try {
    const plan = await store.findJson(bucket, planKey(resultPrefix), planSchema.pick({ collectives: true }));
    return plan?.value.collectives.channel;
  } catch (error) {
    logger.warn('The plan could not be read, so nobody could be told.', { error });
    return undefined;
  }
}

async function releaseAtRendezvous({ runId, bucket, resultPrefix, rank, reason }: GoneForGood, store: ObjectStore) {
  const objectKey = rendezvousKey(resultPrefix);
  const meeting = await store.findJson(bucket, objectKey, meetingSchema);
  const place = meeting?.value.place;
  if (!place) return;
  const token = signTokenOfRun(place.key, { purpose: 'release', runId, expiresAtMs: Date.now() + tokenLifeMs });
  await releaseGroup({ url: place.url, token, runId, rank, cause: reason });
  if (rank === undefined) await store.delete(bucket, [objectKey]);
}
