import { BarrierCounter } from './barrierCounter.js';
import type { Clock } from './clock.js';
import { encodeControl, type Formed, type PeerGone, type Refusal } from './control.js';
import type { FrameMemory } from './frameMemory.js';
import type { FrameSocket } from './frameSocket.js';
import { GoneNotices } from './goneNotices.js';
import { Introductions } from './introductions.js';
import type { RendezvousLogger } from './log.js';
import { Member, type MemberContext } from './member.js';
import type { PackedFrame } from './packedFrame.js';
import { closeCodes, type FailurePolicy, frameKinds } from './protocol.js';
import { missingRanges, type RankRange } from './rankRanges.js';
import type { Reducer } from './reducer.js';
import { Reductions } from './reductions.js';
import { type GroupState, Roster } from './roster.js';
import type { MemberClaims } from './token.js';

/** The close code of a connection that ended without a word. */
const DROPPED = 1006;

/** What every group of one server shares. */
export interface GroupContext extends MemberContext {
  readonly logger: RendezvousLogger;
  readonly clock: Clock;
  /** The port of the observer (`observer.ts`). */
  readonly observerPort: number;
  /** Memory of frames on their way. */
  readonly memory: FrameMemory;
  /** Carries out reductions, where the server does. */
  readonly reducer: Reducer | undefined;
}

/**
 * The ranks of one run. A group forms until every rank has joined; a rank that breaks off before that simply may come
 * again. Once it is complete, its failure policy says what a loss means; survivors are told of it at once.
 *
 * - `abort`: the group is broken for good; whoever comes later is refused with the reason.
 * - `wait`: the group waits until a newer generation of every lost rank has joined, and then forms anew.
 * - `shrink`: the group forms anew without the lost ranks; they are refused.
 *
 * Each time that it forms anew a new epoch begins. Frames of an earlier one are dropped, and every member learns of
 * the new one behind all frames of the old one.
 */
export class Group {
  readonly runId: string;
  readonly worldSize: number;
  readonly failurePolicy: FailurePolicy;
  readonly barriers: BarrierCounter;
  readonly reductions: Reductions;
  readonly introductions = new Introductions();
  /** Collectives that every rank has declared complete. */
  completed = 0;
  readonly #context: GroupContext;
  readonly #members = new Map<number, Member>();
  /** Members whose connection dropped, and what cancels their time to replace it. */
  readonly #dropped = new Map<Member, () => void>();
  readonly #roster: Roster;
  readonly #notices: GoneNotices;
  #state: GroupState = 'forming';
  #epoch = 0;
  #beats = 0;
  /** Set while survivors have yet to be told that they go on without a rank. */
  #shrinks = false;
  #emptySinceMs: number;

  constructor(claims: MemberClaims, failurePolicy: FailurePolicy, context: GroupContext) {
    this.runId = claims.runId;
    this.worldSize = claims.worldSize;
    this.failurePolicy = failurePolicy;
    this.#context = context;
    this.#roster = new Roster(this.worldSize);
    this.barriers = new BarrierCounter(this.worldSize, context.limits.maxOpenBarriers);
    this.reductions = new Reductions(this.worldSize, context.limits.maxOpenBarriers, context.reducer);
    this.#emptySinceMs = context.clock.nowMs();
    this.#notices = new GoneNotices(context.clock, context.limits.heartbeatIntervalMs, (frame) => this.#notify(frame));
  }

  get memberCount(): number {
    return this.#members.size;
  }

  /** The membership that counts at present. */
  get epoch(): number {
    return this.#epoch;
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
  refusal(claims: MemberClaims, failurePolicy: FailurePolicy): Refusal | undefined {
    if (failurePolicy !== this.failurePolicy) {
      const message = `the group has the failure policy ${this.failurePolicy}, not ${failurePolicy}.`;
      return { status: 409, reason: 'FAILURE_POLICY_MISMATCH', message };
    }
    const present = this.#members.get(claims.rank);
    const refused = this.#roster.refusalOfAttempt(claims, present?.generation);
    if (refused) return refused;
    this.#roster.seen(claims);
    if (present) {
      this.depart(present, `generation ${claims.generation} of the same rank has taken its place`);
      present.close(closeCodes.fenced, `generation ${claims.generation} has taken its place`);
    }
    return this.#roster.refusalOfLate(claims, this.#state);
  }

  /** Takes in a member whose claims were not refused. */
  admit(claims: MemberClaims, socket: FrameSocket): Member {
    const member = new Member(socket, claims, this.#context, this.#context.clock.nowMs());
    this.#members.set(member.rank, member);
    this.#roster.joined(member.rank);
    this.#context.metrics.admitted.inc();
    member.greet(this.#context.observerPort, this.#context.reducer !== undefined);
    if (this.#isComplete()) this.#form();
    return member;
  }

  /** The member that may go on over a new connection, having received `received` counted frames. */
  resumable(claims: MemberClaims, session: string, received: number): Member | undefined {
    const member = this.#members.get(claims.rank);
    return member?.generation === claims.generation && member.canResume(session, received) ? member : undefined;
  }

  /** A member has replaced its connection. */
  resume(member: Member, socket: FrameSocket, received: number): void {
    this.#dropped.get(member)?.();
    this.#dropped.delete(member);
    this.#context.metrics.rejoined.inc();
    member.resume(socket, received);
  }

  /** The connection of a member has ended. Without a word, the member has a short time to replace it. */
  disconnected(member: Member, code: number, cause: string): void {
    if (this.#members.get(member.rank) !== member) return;
    const { rejoinGraceMs } = this.#context.limits;
    const mayReturn = code === DROPPED && member.formed && !member.leaving && !member.isOver && rejoinGraceMs > 0;
    if (!mayReturn) {
      this.depart(member, cause);
      return;
    }
    member.disconnect();
    const cancel = this.#context.clock.after(rejoinGraceMs, () => {
      this.#dropped.delete(member);
      this.depart(member, `${cause} and was not replaced in ${rejoinGraceMs} ms`);
    });
    this.#dropped.set(member, cancel);
  }

  /** A member is gone. Does nothing when it was removed before. */
  depart(member: Member, cause: string): void {
    if (this.#members.get(member.rank) !== member) return;
    this.#remove(member);
    const { rank, generation } = member;
    if (!member.formed) {
      if (member.leaving) this.#roster.gaveUp(rank);
    } else if (member.leaving) {
      const left: PeerGone = { rank, generation, how: 'left', cause: 'it closed its communicator' };
      this.#roster.gone(left);
      this.#notices.add(left);
    } else {
      this.#context.metrics.lost.inc();
      this.#lose({ rank, generation, how: 'lost', cause });
    }
  }

  /** The run gives the whole group up. Returns how many members were told. */
  release(cause: string): number {
    const told = [...this.#members.values()];
    this.#notices.stop();
    for (const member of told) this.#giveUp(member, cause);
    return told.length;
  }

  /** The run gives one rank up for good. Returns how many members were told. */
  releaseRank(rank: number, cause: string): number {
    if (this.#roster.isReleased(rank)) return 0;
    const told = this.#members.size;
    const member = this.#members.get(rank);
    if (member) this.#giveUp(member, cause);
    this.#lose({ rank, generation: this.#roster.newestGeneration(rank) ?? null, how: 'released', cause });
    return told;
  }

  /** Who has not joined. */
  missing(): RankRange[] {
    return this.#roster.missing((rank) => this.#members.has(rank));
  }

  /** One beat of the server's clock. */
  beat(): void {
    const nowMs = this.#context.clock.nowMs();
    this.#beats += 1;
    for (const member of this.#members.values()) member.beat(this.#beats, nowMs);
  }

  /** Closes every connection, because the server stops. */
  close(reason: string): void {
    this.#notices.stop();
    for (const member of [...this.#members.values()]) {
      this.#remove(member);
      member.close(closeCodes.serverGoesAway, reason);
    }
  }

  /** Sends one frame to every member. */
  tellAll(frame: PackedFrame): void {
    for (const member of this.#members.values()) member.deliver(frame);
  }

  #isComplete(): boolean {
    if (this.#state !== 'forming' && this.#state !== 'waiting') return false;
    return this.#members.size + this.#roster.left.length === this.worldSize;
  }

  /** All who belong together are here: a new epoch begins for them. */
  #form(): void {
    this.#notices.flush();
    if (this.#state !== 'forming') this.#epoch += 1;
    this.#state = 'formed';
    this.#shrinks = false;
    this.barriers.begin(new Set(this.#members.keys()));
    this.reductions.clear();
    const ranks = missingRanges(this.worldSize, (rank) => !this.#members.has(rank));
    const formed: Formed = { epoch: this.#epoch, ranks, completed: this.completed };
    const bytes = encodeControl(frameKinds.formed, formed);
    const { left } = this.#roster;
    for (const member of this.#members.values()) {
      member.deliver(bytes);
      if (!member.formed && left.length > 0) member.deliver(encodeControl(frameKinds.gone, left));
      member.formed = true;
    }
    const { runId, worldSize } = this;
    this.#context.logger.info('Group formed.', { runId, worldSize, members: this.memberCount, epoch: this.#epoch });
  }

  #lose(peer: PeerGone): void {
    this.#roster.gone(peer);
    this.barriers.clear();
    this.reductions.clear();
    this.#notices.add(peer);
    const mayGoOn = this.#state === 'formed' || this.#state === 'waiting';
    if (mayGoOn && this.failurePolicy === 'shrink') this.#shrinks = true;
    else if (mayGoOn && this.failurePolicy === 'wait' && peer.how === 'lost') this.#state = 'waiting';
    else this.#state = 'broken';
    const { rank, how, cause } = peer;
    this.#context.logger.warn('Rank lost.', { runId: this.runId, rank, how, cause, group: this.#state });
  }

  /** Tells who is gone; those who have not been told of any membership are not concerned while the group waits. */
  #notify(frame: PackedFrame): void {
    for (const member of this.#members.values()) {
      if (this.#state !== 'waiting' || member.formed) member.deliver(frame);
    }
    if (this.#shrinks) this.#form();
  }

  #giveUp(member: Member, cause: string): void {
    member.deliver(encodeControl(frameKinds.released, { cause }));
    member.close(closeCodes.released, cause);
    this.#remove(member);
  }

  #remove(member: Member): void {
    this.#members.delete(member.rank);
    this.#dropped.get(member)?.();
    this.#dropped.delete(member);
    this.introductions.forget(member.rank);
    member.detach();
    if (this.#members.size === 0) this.#emptySinceMs = this.#context.clock.nowMs();
  }
}
