import type { Communicator } from '../collectives/communicator.js';
import { connectCommunicator } from '../collectives/connectCommunicator.js';
import { signToken } from '../rendezvous/token.js';
import type { Plan } from '../run/plan.js';
import { NoCollectivesError } from './errors.js';

/** Where the ranks meet. */
export interface RendezvousAccess {
  readonly url: string;
  readonly secret: string;
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

  constructor(plan: Plan, member: GroupMember, rendezvous: RendezvousAccess | undefined) {
    this.communicator = join(plan, member, rendezvous);
    // A script that never asks for the communicator must not die of its failure.
    this.communicator.catch(() => undefined);
  }

  /** Leaves the group in good order, or without a word, which the others see as a loss. */
  async close(outcome: 'done' | 'failed'): Promise<void> {
    const communicator = await this.communicator.catch(() => undefined);
    if (outcome === 'done') await communicator?.close();
    else communicator?.abandon();
  }
}

async function join(
  plan: Plan,
  { rank, generation, deadline, signal }: GroupMember,
  rendezvous: RendezvousAccess | undefined,
): Promise<Communicator> {
  const { runId, worldSize, collectives } = plan;
  if (collectives.channel === 'none' && worldSize > 1) throw new NoCollectivesError(rank, collectives.reason);
  const { url, secret } = rendezvous ?? { url: '', secret: '' };
  if (!rendezvous && worldSize > 1) {
    throw new NoCollectivesError(rank, 'this executor has no MUSTER_RENDEZVOUS_URL and MUSTER_RENDEZVOUS_SECRET');
  }
  const token = secret
    ? signToken(secret, { purpose: 'member', runId, rank, worldSize, generation, expiresAtMs: deadline.getTime() })
    : '';
  const timeoutMs = Math.max(1, deadline.getTime() - Date.now());
  return connectCommunicator({ url, token, runId, rank, worldSize, generation, timeoutMs, signal });
}
