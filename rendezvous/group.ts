import type { WebSocket } from 'ws';
import { BarrierCounter } from './barrierCounter.js';
import type { Clock } from './clock.js';
import { encodeControl, type Joined, type PeerGone, type Refusal } from './control.js';
import { GoneNotices } from './goneNotices.js';
import { Introductions } from './introductions.js';
import type { RendezvousLimits } from './limits.js';
import type { RendezvousLogger } from './log.js';
import { Member } from './member.js';
import type { RendezvousMetrics } from './metrics.js';
import { closeCodes, encodeFrame, frame, frameKinds } from './protocol.js';
import { missingRanges, type RankRange } from './rankRanges.js';
import type { MemberClaims } from './token.js';

/** How many of the ranks that are gone a late rank is told at most. */
const MAX_GONE_TOLD = 32;

/** What every group of one server shares. */
export interface GroupContext {
  readonly limits: RendezvousLimits;
  readonly metrics: RendezvousMetrics;
  readonly logger: RendezvousLogger;
  readonly clock: Clock;
  /** The port of the observer (`observer.ts`). */
  readonly observerPort: number;
}

/**
 * The ranks of one run. A group forms until every rank has joined; a rank that breaks off before that simply may come
 * again. Once it is complete, the first loss breaks it for good: survivors are told at once, and whoever comes later
 * is refused with the reason.
 */
export class Group {
  readonly runId: string;
  readonly worldSize: number;
  readonly barriers: BarrierCounter;
  readonly introductions = new Introductions();
  readonly #context: GroupContext;
  readonly #members = new Map<number, Member>();
  readonly #gone = new Map<number, PeerGone>();
  readonly #newestGeneration = new Map<number, number>();
  /** Ranks that waited for the others and left before the group was complete. */
  readonly #gaveUp = new Set<number>();
  readonly #notices: GoneNotices;
  #state: 'forming' | 'formed' | 'broken' = 'forming';
  #emptySinceMs: number;

  constructor(runId: string, worldSize: number, context: GroupContext) {
    this.runId = runId;
    this.worldSize = worldSize;
    this.#context = context;
    this.barriers = new BarrierCounter(worldSize, context.limits.maxOpenBarriers);
    this.#emptySinceMs = context.clock.nowMs();
    this.#notices = new GoneNotices(context.clock, context.limits.heartbeatIntervalMs, (bytes) => this.tellAll(bytes));
  }

  get memberCount(): number {
    return this.#members.size;
  }

  get queuedBytes(): number {
    let bytes = 0;
    for (const member of this.#members.values()) bytes += member.queuedBytes;
    return bytes;
  }

  /** Since when nobody has been here, or `undefined` while somebody is. */
  get emptySinceMs(): number | undefined {
    return this.#members.size === 0 ? this.#emptySinceMs : undefined;
  }

  member(rank: number): Member | undefined {
    return this.#members.get(rank);
  }

  /**
   * Why these claims may not join, or `undefined` when they may. A newer generation fences the older one off, whether
   * or not there is still something to join.
   */
  refusal(claims: MemberClaims): Refusal | undefined {
    if (claims.worldSize !== this.worldSize) {
      const message = `this run has ${this.worldSize} ranks, the token says ${claims.worldSize}.`;
      return { status: 409, reason: 'WORLD_SIZE_MISMATCH', message };
    }
    const gone = this.#gone.get(claims.rank);
    if (gone?.how === 'released') {
      return { status: 410, reason: 'RELEASED', message: `rank ${claims.rank} was given up.`, cause: gone.cause };
    }
    const newest = this.#newestGeneration.get(claims.rank);
    if (newest !== undefined && claims.generation < newest) {
      return { status: 409, reason: 'STALE_GENERATION', message: `generation ${newest} has taken its place.` };
    }
    const present = this.#members.get(claims.rank);
    if (present?.generation === claims.generation) {
      return { status: 409, reason: 'DUPLICATE_RANK', message: 'the same rank and generation is a member already.' };
    }
    this.#newestGeneration.set(claims.rank, claims.generation);
    if (present) {
      this.depart(present, `generation ${claims.generation} of the same rank has taken its place`);
      present.close(closeCodes.fenced, `generation ${claims.generation} has taken its place`);
    }
    if (this.#state === 'forming') return undefined;
    const message = 'the group is broken and cannot be joined any more.';
    return { status: 409, reason: 'GROUP_BROKEN', message, gone: [...this.#gone.values()].slice(0, MAX_GONE_TOLD) };
  }

  /** Takes in a member whose claims were not refused. */
  admit(claims: MemberClaims, socket: WebSocket): Member {
    const { limits, metrics, clock } = this.#context;
    const member = new Member(socket, claims, limits, metrics, clock.nowMs());
    this.#members.set(member.rank, member);
    this.#gaveUp.delete(member.rank);
    metrics.admitted.inc();
    const { heartbeatIntervalMs, heartbeatMisses, maxFrameBytes } = limits;
    const { observerPort } = this.#context;
    const joined: Joined = { heartbeatIntervalMs, heartbeatMisses, maxFrameBytes, observerPort };
    member.deliver(encodeControl(frameKinds.joined, joined));
    if (this.#members.size === this.worldSize) this.#form();
    return member;
  }

  /** The connection of a member has ended. Does nothing when the member was removed before. */
  depart(member: Member, cause: string): void {
    if (this.#members.get(member.rank) !== member) return;
    this.#members.delete(member.rank);
    this.introductions.forget(member.rank);
    member.detach();
    this.#noteEmpty();
    const { rank, generation } = member;
    if (this.#state === 'forming') {
      if (member.leaving) this.#gaveUp.add(rank);
      return;
    }
    if (member.leaving) {
      const left: PeerGone = { rank, generation, how: 'left', cause: 'it closed its communicator' };
      this.#gone.set(rank, left);
      this.#notices.add(left);
    } else {
      this.#context.metrics.lost.inc();
      this.#break({ rank, generation, how: 'lost', cause });
    }
  }

  /** The run gives the whole group up. Returns how many members were told. */
  release(cause: string): number {
    const told = [...this.#members.values()];
    this.#notices.stop();
    this.#members.clear();
    for (const member of told) this.#giveUp(member, cause);
    return told.length;
  }

  /** The run gives one rank up for good, which breaks the group. Returns how many members were told. */
  releaseRank(rank: number, cause: string): number {
    if (this.#gone.get(rank)?.how === 'released') return 0;
    const told = this.#members.size;
    const member = this.#members.get(rank);
    this.#members.delete(rank);
    if (member) this.#giveUp(member, cause);
    this.#noteEmpty();
    this.#break({ rank, generation: this.#newestGeneration.get(rank) ?? null, how: 'released', cause });
    return told;
  }

  /** Who has not joined. Ranks that gave up waiting count as present: they are not the ones that hold the group up. */
  missing(): RankRange[] {
    return missingRanges(this.worldSize, (rank) => this.#members.has(rank) || this.#gaveUp.has(rank));
  }

  /** One beat of the server's clock. */
  beat(): void {
    const nowMs = this.#context.clock.nowMs();
    for (const member of this.#members.values()) member.beat(nowMs);
  }

  /** Closes every connection, because the server stops. */
  close(reason: string): void {
    this.#notices.stop();
    const told = [...this.#members.values()];
    this.#members.clear();
    for (const member of told) member.close(closeCodes.serverGoesAway, reason);
  }

  /** Sends one frame to every member. */
  tellAll(bytes: Buffer): void {
    for (const member of this.#members.values()) member.deliver(bytes);
  }

  #form(): void {
    this.#state = 'formed';
    this.tellAll(encodeFrame(frame({ kind: frameKinds.formed })));
    this.#context.logger.info('Group formed.', { runId: this.runId, worldSize: this.worldSize });
  }

  #giveUp(member: Member, cause: string): void {
    member.deliver(encodeControl(frameKinds.released, { cause }));
    member.close(closeCodes.released, cause);
  }

  #noteEmpty(): void {
    if (this.#members.size === 0) this.#emptySinceMs = this.#context.clock.nowMs();
  }

  #break(peer: PeerGone): void {
    this.#state = 'broken';
    this.#gone.set(peer.rank, peer);
    this.barriers.clear();
    this.#notices.add(peer);
    const { rank, how, cause } = peer;
    this.#context.logger.warn('Group broken.', { runId: this.runId, rank, how, cause });
  }
}
