import { Communicator } from '../collectives/communicator.js';
import { connectCommunicator } from '../collectives/connectCommunicator.js';
import { StorageChannel } from '../collectives/storage/storageChannel.js';
import { signToken } from '../rendezvous/token.js';
import { channelPrefix, scratchTags } from '../run/keys.js';
import type { Plan } from '../run/plan.js';
import { ObjectFolder } from '../storage/objectFolder.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { collectiveTimeoutMs } from './attemptDeadline.js';
import { NoCollectivesError } from './errors.js';

/** Where the ranks meet. */
export interface RendezvousAccess {
  readonly url: string;
  readonly secret: string;
}

/** What there is to meet at; the plan says which it is. */
export interface MeetingPlaces {
  readonly rendezvous: RendezvousAccess | undefined;
  /** S3, counted apart from the rank's own work. */
  readonly store: ObjectStore;
}

export interface GroupMember {
  readonly rank: number;
  readonly generation: number;
  readonly deadline: Date;
  readonly signal: AbortSignal;
}

/** A rank's way to its group: the connection is made in the background while the work begins. */
export class GroupLink {
  readonly communicator: Promise<Communicator>;
  readonly #leaving = new AbortController();

  constructor(plan: Plan, member: GroupMember, places: MeetingPlaces) {
    const signal = AbortSignal.any([member.signal, this.#leaving.signal]);
    this.communicator = join(plan, { ...member, signal }, places);
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
  { rendezvous, store }: MeetingPlaces,
): Promise<Communicator> {
  const { runId, worldSize, collectives } = plan;
  if (collectives.channel === 'none' && worldSize > 1) throw new NoCollectivesError(rank, collectives.reason);
  const timeoutMs = collectiveTimeoutMs(deadline);
  const identity = { runId, rank, worldSize, generation, timeoutMs, signal };
  if (collectives.channel === 'storage' && worldSize > 1) {
    const exchange = new ObjectFolder(store, plan.bucket, channelPrefix(plan.resultPrefix), scratchTags);
    return new Communicator(await StorageChannel.connect({ ...identity, exchange }), { runId, generation });
  }
  const { url, secret } = rendezvous ?? { url: '', secret: '' };
  if (!rendezvous && worldSize > 1) {
    throw new NoCollectivesError(rank, 'this executor has no MUSTER_RENDEZVOUS_URL and MUSTER_RENDEZVOUS_SECRET');
  }
  const token = secret
    ? signToken(secret, { purpose: 'member', runId, rank, worldSize, generation, expiresAtMs: deadline.getTime() })
    : '';
  const channel = collectives.channel === 'direct' ? 'direct' : 'relay';
  return connectCommunicator({ ...identity, url, token, channel });
}
