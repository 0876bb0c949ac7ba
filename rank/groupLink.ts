import { Communicator } from '../collectives/communicator.js';
import { connectCommunicator } from '../collectives/connectCommunicator.js';
import { StorageChannel } from '../collectives/storage/storageChannel.js';
import { signTokenOfRun } from '../rendezvous/token.js';
import { channelPrefix, rendezvousKey, scratchTags } from '../run/keys.js';
import { type MeetingPlace, meetingSchema } from '../run/meeting.js';
import type { Plan } from '../run/plan.js';
import { InvalidObjectError } from '../storage/errors.js';
import { ObjectFolder } from '../storage/objectFolder.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { collectiveTimeoutMs } from './attemptDeadline.js';
import { NoCollectivesError } from './errors.js';

export interface GroupMember {
  readonly rank: number;
  readonly generation: number;
  readonly deadline: Date;
  readonly signal: AbortSignal;
}

/** S3 as the ranks of a group meet through it, counted apart from the rank's own work. */
export interface GroupStores {
  readonly store: ObjectStore;
  /** For what has to be written in time, over connections that nothing else uses. */
  readonly presenceStore: ObjectStore;
}

/** A rank's way to its group: the connection is made in the background while the work begins. */
export class GroupLink {
  readonly communicator: Promise<Communicator>;
  readonly #leaving = new AbortController();

  constructor(plan: Plan, member: GroupMember, stores: GroupStores) {
    const signal = AbortSignal.any([member.signal, this.#leaving.signal]);
    this.communicator = join(plan, { ...member, signal }, stores);
    // A script that never asks for the communicator must not die of its failure.
    this.communicator.catch(() => undefined);
  }

  /** Leaves the group, or gives up waiting for it. */
  async close(): Promise<void> {
    this.#leaving.abort();
    const communicator = await this.communicator.catch(() => undefined);
    await communicator?.close();
  }
}

async function join(
  plan: Plan,
  { rank, generation, deadline, signal }: GroupMember,
  { store, presenceStore }: GroupStores,
): Promise<Communicator> {
  const { runId, worldSize, collectives } = plan;
  if (collectives.channel === 'none' && worldSize > 1) throw new NoCollectivesError(rank, collectives.reason);
  const timeoutMs = collectiveTimeoutMs(deadline);
  const identity = { runId, rank, worldSize, generation, timeoutMs, signal };
  if (collectives.channel === 'storage' && worldSize > 1) {
    const folder = (of: ObjectStore) =>
      new ObjectFolder(of, plan.bucket, channelPrefix(plan.resultPrefix), scratchTags);
    const exchanges = { exchange: folder(store), presenceExchange: folder(presenceStore) };
    return new Communicator(await StorageChannel.connect({ ...identity, ...exchanges }), { runId, generation });
  }
  const channel = collectives.channel === 'direct' ? 'direct' : 'relay';
  // A rank alone meets nobody.
  if (worldSize === 1) return connectCommunicator({ ...identity, url: '', token: '', channel });
  const { url, key } = await meetingPlace(plan, rank, store, signal);
  const expiresAtMs = deadline.getTime();
  const token = signTokenOfRun(key, { purpose: 'member', runId, rank, worldSize, generation, expiresAtMs });
  return connectCommunicator({ ...identity, url, token, channel });
}

async function meetingPlace(
  { runId, bucket, resultPrefix }: Plan,
  rank: number,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<MeetingPlace> {
  const objectKey = rendezvousKey(resultPrefix);
  const meeting = await store.getJson(bucket, objectKey, meetingSchema, signal);
  if (meeting.runId !== runId) throw new InvalidObjectError(bucket, objectKey, `it is of run ${meeting.runId}`);
  if (!meeting.place) throw new NoCollectivesError(rank, `${objectKey} says that there is no rendezvous`);
  return meeting.place;
}
