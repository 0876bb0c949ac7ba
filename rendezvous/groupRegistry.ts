import type { Refusal } from './control.js';
import type { FrameSocket } from './frameSocket.js';
import { Group, type GroupContext } from './group.js';
import type { JoinRequest } from './joinRequest.js';
import type { Member } from './member.js';

/** A member and where it belongs. */
export interface Admission {
  readonly group: Group;
  readonly member: Member;
}

/** What runs are told whose group does not exist yet, when the server is about to stop. */
export const draining: Refusal = {
  status: 503,
  reason: 'DRAINING',
  message: 'the server is about to stop and begins no new group.',
};

interface Release {
  /** Set when the whole group was given up. */
  cause?: string;
  readonly ranks: Map<number, string>;
  sinceMs: number;
}

/** The groups of one server by run id, and what is remembered of runs that gave ranks up. */
export class GroupRegistry {
  readonly #context: GroupContext;
  readonly #groups = new Map<string, Group>();
  readonly #releases = new Map<string, Release>();
  #draining = false;

  constructor(context: GroupContext) {
    this.#context = context;
  }

  /** Groups with at least one member. */
  get liveGroupCount(): number {
    let count = 0;
    for (const group of this.#groups.values()) if (group.memberCount > 0) count++;
    return count;
  }

  get memberCount(): number {
    let count = 0;
    for (const group of this.#groups.values()) count += group.memberCount;
    return count;
  }

  /** The group of a run, if it has one. */
  group(runId: string): Group | undefined {
    return this.#groups.get(runId);
  }

  /** From now on only groups that exist already are joined. */
  drain(): void {
    this.#draining = true;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** Why a request may not be granted, or `undefined`. Makes no group and no member. */
  refusal({ claims, failurePolicy, resumption }: JoinRequest): Refusal | undefined {
    const { maxWorldSize, maxMembers, maxGroups } = this.#context.limits;
    const release = this.#releases.get(claims.runId);
    const cause = release?.cause ?? release?.ranks.get(claims.rank);
    if (cause !== undefined) return { status: 410, reason: 'RELEASED', message: 'the run gave it up.', cause };
    if (claims.worldSize > maxWorldSize) {
      const message = `a world of ${claims.worldSize} ranks is above this server's limit of ${maxWorldSize}.`;
      return { status: 403, reason: 'WORLD_TOO_LARGE', message };
    }
    const group = this.#groups.get(claims.runId);
    if (resumption) {
      if (group?.resumable(claims, resumption.session, resumption.received)) return undefined;
      return { status: 404, reason: 'SESSION_UNKNOWN', message: 'this session is over, or was never here.' };
    }
    const refused = group ? group.refusal(claims, failurePolicy) : releasedRanks(release);
    if (refused) return refused;
    if (!group && this.#draining) return draining;
    if (this.memberCount >= maxMembers) {
      return { status: 503, reason: 'SERVER_FULL', message: `the server has its ${maxMembers} members.` };
    }
    if (!group && this.#groups.size >= maxGroups && !this.#oldestEmpty()) {
      return { status: 503, reason: 'SERVER_FULL', message: `the server has its ${maxGroups} groups.` };
    }
    return undefined;
  }

  /** Grants a request that was not refused; `undefined` when what it wanted to go on with has ended since. */
  admit({ claims, failurePolicy, resumption }: JoinRequest, socket: FrameSocket): Admission | undefined {
    const group = this.#groups.get(claims.runId);
    if (resumption) {
      const member = group?.resumable(claims, resumption.session, resumption.received);
      if (!group || !member) return undefined;
      group.resume(member, socket, resumption.received);
      return { group, member };
    }
    const joined = group ?? this.#create(claims, failurePolicy);
    return { group: joined, member: joined.admit(claims, socket) };
  }

  /** The run gives up one rank, or without `rank` its whole group. Returns how many members were told. */
  release(runId: string, cause: string, rank?: number): number {
    const release = this.#releases.get(runId) ?? { ranks: new Map<number, string>(), sinceMs: 0 };
    release.sinceMs = this.#context.clock.nowMs();
    // Set anew, so that the map keeps the order of the last release and the oldest is the first to be forgotten.
    this.#releases.delete(runId);
    this.#releases.set(runId, release);
    if (this.#releases.size > this.#context.limits.maxGroups) {
      for (const oldest of this.#releases.keys()) {
        this.#releases.delete(oldest);
        break;
      }
    }
    const group = this.#groups.get(runId);
    if (rank === undefined) {
      release.cause = cause;
      this.#groups.delete(runId);
      return group?.release(cause) ?? 0;
    }
    if (release.ranks.size < this.#context.limits.maxWorldSize) release.ranks.set(rank, cause);
    return group?.releaseRank(rank, cause) ?? 0;
  }

  /** One beat of the server's clock: heartbeats, and forgetting what has been empty for long. */
  beat(): void {
    const horizonMs = this.#context.clock.nowMs() - this.#context.limits.groupGraceMs;
    for (const group of this.#groups.values()) {
      group.beat();
      const { emptySinceMs } = group;
      if (emptySinceMs !== undefined && emptySinceMs <= horizonMs) this.#groups.delete(group.runId);
    }
    for (const [runId, release] of this.#releases) if (release.sinceMs <= horizonMs) this.#releases.delete(runId);
  }

  /** Closes every connection, because the server stops. */
  close(reason: string): void {
    for (const group of this.#groups.values()) group.close(reason);
  }

  #create(claims: JoinRequest['claims'], failurePolicy: JoinRequest['failurePolicy']): Group {
    if (this.#groups.size >= this.#context.limits.maxGroups) {
      const oldest = this.#oldestEmpty();
      if (oldest) this.#groups.delete(oldest.runId);
    }
    const group = new Group(claims, failurePolicy, this.#context);
    this.#groups.set(claims.runId, group);
    return group;
  }

  /** The group that has been empty for the longest time; it may be forgotten before its grace time is over. */
  #oldestEmpty(): Group | undefined {
    let oldest: Group | undefined;
    for (const group of this.#groups.values()) {
      const sinceMs = group.emptySinceMs;
      if (sinceMs !== undefined && sinceMs < (oldest?.emptySinceMs ?? Number.POSITIVE_INFINITY)) oldest = group;
    }
    return oldest;
  }
}

/** A group that misses a rank for good is broken before anyone joins it. */
function releasedRanks(release: Release | undefined): Refusal | undefined {
  if (!release || release.ranks.size === 0) return undefined;
  const gone = [...release.ranks].map(([rank, cause]) => ({ rank, generation: null, how: 'released' as const, cause }));
  return { status: 409, reason: 'GROUP_BROKEN', message: 'the group is broken and cannot be joined any more.', gone };
}
