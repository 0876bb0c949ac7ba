import { announceRun } from '../rendezvous/announce.js';
import { AnnouncementError } from '../rendezvous/errors.js';
import { runKeyOf, signToken } from '../rendezvous/token.js';
import { messageOf } from '../run/errors.js';
import { planKey, rendezvousKey } from '../run/keys.js';
import type { Meeting, MeetingPlace } from '../run/meeting.js';
import { type CoordinatorRecord, type Plan, planSchema } from '../run/plan.js';
import { InvalidObjectError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { RendezvousUnavailableError } from './errors.js';
import type { MeetingPlaces, Whereabouts } from './meetingPlaces.js';

const tokenLifeMs = 60_000;
const answerTimeoutMs = 5_000;

export interface MeetingRequest {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
}

export interface MeetingSurroundings {
  readonly store: ObjectStore;
  readonly places: MeetingPlaces;
  /** The invocation that this is, for the bill. */
  readonly invocation: Omit<CoordinatorRecord, 'endedAtMs'>;
  /** How long there is to wait. */
  readonly timeLeftMs: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly logger: { info(message: string, fields?: Record<string, unknown>): void };
}

/** What came of it. */
export interface MeetingOutcome {
  readonly channel: Plan['collectives']['channel'];
  readonly reason: string;
}

/**
 * Sees to it that the ranks of a run have where to meet before any of them starts, and writes `rendezvous.json` for them.
 * Where there is no place, a run whose channel was picked for it goes on over S3, and its plan says so.
 *
 * @throws RendezvousUnavailableError when the payload asks for a channel that needs the rendezvous.
 */
export async function findMeetingPlace(
  request: MeetingRequest,
  surroundings: MeetingSurroundings,
): Promise<MeetingOutcome> {
  const { bucket, resultPrefix, runId } = request;
  const { store, invocation } = surroundings;
  const key = planKey(resultPrefix);
  const found = await store.findJson(bucket, key, planSchema);
  if (found?.value.runId !== runId) throw new InvalidObjectError(bucket, key, `it is not the plan of run ${runId}`);
  const { value: plan, etag } = found;
  const mayGoWithout = plan.payload.collectives === 'auto';
  let { collectives } = plan;
  let place: MeetingPlace | null = null;
  // A call that is made again after its answer was lost finds its own decision.
  if (collectives.channel !== 'storage') {
    try {
      place = await placeOf(runId, mayGoWithout, surroundings);
    } catch (error) {
      if (!mayGoWithout || !(error instanceof RendezvousUnavailableError)) throw error;
      collectives = { channel: 'storage', reason: `${messageOf(error)} (instead of ${collectives.reason})` };
    }
  }
  const meeting: Meeting = { runId, coordinator: { ...invocation, endedAtMs: Date.now() }, place };
  await store.putJson(bucket, rendezvousKey(resultPrefix), meeting);
  if (collectives !== plan.collectives)
    await store.putJson(bucket, key, { ...plan, collectives }, { condition: { etag } });
  return collectives;
}

async function placeOf(
  runId: string,
  mayGoWithout: boolean,
  { places, timeLeftMs, wait, logger }: MeetingSurroundings,
): Promise<MeetingPlace> {
  const patienceMs = mayGoWithout ? Math.min(places.patienceMs, timeLeftMs()) : timeLeftMs();
  const untilLeftMs = timeLeftMs() - patienceMs;
  for (;;) {
    const seen = await places.look();
    const answer = 'notYet' in seen ? seen : await announce(runId, seen);
    if (!('notYet' in answer)) return answer;
    logger.info('Waiting for the rendezvous.', { reason: answer.notYet });
    if (timeLeftMs() - places.pollMs - answerTimeoutMs < untilLeftMs) {
      throw new RendezvousUnavailableError(`after ${Math.round(patienceMs / 1000)} s ${answer.notYet}`, {
        remedy: 'Look at its console with "aws ec2 get-console-output --latest", or use "collectives": "storage".',
      });
    }
    await wait(places.pollMs);
  }
}

/** Makes sure that the server is there, has the same secret, and stays until the ranks come. */
async function announce(
  runId: string,
  { url, secret, host }: Whereabouts,
): Promise<MeetingPlace | { readonly notYet: string }> {
  const token = signToken(secret, { purpose: 'announce', runId, expiresAtMs: Date.now() + tokenLifeMs });
  try {
    await announceRun({ url, token, runId, timeoutMs: answerTimeoutMs });
    return { url, key: runKeyOf(secret, runId), host };
  } catch (error) {
    if (!(error instanceof AnnouncementError)) throw error;
    if (error.retryable) return { notYet: error.message };
    throw new RendezvousUnavailableError(error.message, {
      remedy: 'The server and this stack must have the same secret.',
      cause: error,
    });
  }
}
