import type { WebSocket } from 'ws';
import type { Refusal } from './control.js';
import { Group, type GroupContext } from './group.js';
import type { Member } from './member.js';
import type { MemberClaims } from './token.js';

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

  get queuedBytes(): number {
    let bytes = 0;
    for (const group of this.#groups.values()) bytes += group.queuedBytes;
    return bytes;
  }

  /** Why a bearer of these claims may not join, or `undefined`. Makes no group and no member. */
  refusal(claims: MemberClaims): Refusal | undefined {
    const { maxWorldSize, maxMembers, maxGroups } = this.#context.limits;
    const release = this.#releases.get(claims.runId);
    const cause = release?.cause ?? release?.ranks.get(claims.rank);
    if (cause !== undefined) return { status: 410, reason: 'RELEASED', message: 'the run gave it up.', cause };
    if (claims.worldSize > maxWorldSize) {
      const message = `a world of ${claims.worldSize} ranks is above this server's limit of ${maxWorldSize}.`;
      return { status: 403, reason: 'WORLD_TOO_LARGE', message };
    }
    const group = this.#groups.get(claims.runId);
    const refused = group ? group.refusal(claims) : releasedRanks(release);
    if (refused) return refused;
    if (this.memberCount >= maxMembers) {
      return { status: 503, reason: 'SERVER_FULL', message: `the server has its ${maxMembers} members.` };
    }
    if (!group && this.#groups.size >= maxGroups && !this.#oldestEmpty()) {
      return { status: 503, reason: 'SERVER_FULL', message: `the server has its ${maxGroups} groups.` };
    }
    return undefined;
  }

  /** Takes in a member whose claims were not refused. */
  admit(claims: MemberClaims, socket: WebSocket): { group: Group; member: Member } {
    const group = this.#groups.get(claims.runId) ?? this.#create(claims);
    return { group, member: group.admit(claims, socket) };
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

  #create(claims: MemberClaims): Group {
    if (this.#groups.size >= this.#context.limits.maxGroups) {
      const oldest = this.#oldestEmpty();
      if (oldest) this.#groups.delete(oldest.runId);
    }
    const group = new Group(claims.runId, claims.worldSize, this.#context);
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
