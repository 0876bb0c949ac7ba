import type { Clock } from './clock.js';
import { encodeControl, type Refusal } from './control.js';
import type { FrameMemory } from './frameMemory.js';
import type { FrameSocket } from './frameSocket.js';
import { Introductions } from './introductions.js';
import type { RendezvousLogger } from './log.js';
import { Member } from './member.js';
import type { MemberContext } from './memberFlow.js';
import { Members } from './members.js';
import { Membership } from './membership.js';
import type { PackedFrame } from './packedFrame.js';
import { closeCodes, type FailurePolicy, frameKinds } from './protocol.js';
import type { RankRange } from './rankRanges.js';
import type { Reducer } from './reducer.js';
import { Roster } from './roster.js';
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
 * The ranks of one run: who may join, who goes on over a new connection, and who departs. A group forms until every rank
 * has joined; a rank that breaks off before that simply may come again. What a loss means afterwards is `Membership`'s.
 */
export class Group {
  readonly runId: string;
  readonly worldSize: number;
  readonly failurePolicy: FailurePolicy;
  readonly membership: Membership;
  readonly introductions = new Introductions();
  readonly #context: GroupContext;
  readonly #members: Members;
  readonly #roster: Roster;

  constructor(claims: MemberClaims, failurePolicy: FailurePolicy, context: GroupContext) {
    this.runId = claims.runId;
    this.worldSize = claims.worldSize;
    this.failurePolicy = failurePolicy;
    this.#context = context;
    this.#members = new Members(context.clock);
    this.#roster = new Roster(this.worldSize);
    this.membership = new Membership(this, this.#members, this.#roster, context);
  }

  get memberCount(): number {
    return this.#members.count;
  }

  /** Since when nobody has been here, or `undefined` while somebody is. */
  get emptySinceMs(): number | undefined {
    return this.#members.emptySinceMs;
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
    return this.#roster.refusalOfLate(claims, this.membership.state);
  }

  /** Takes in a member whose claims were not refused. */
  admit(claims: MemberClaims, socket: FrameSocket): Member {
    const member = new Member(socket, claims, this.#context, this.#context.clock.nowMs());
    this.#members.add(member);
    this.#roster.joined(member.rank);
    this.#context.metrics.admitted.inc();
    member.greet(this.#context.observerPort, this.#context.reducer !== undefined);
    this.membership.joined();
    return member;
  }

  /** The member that may go on over a new connection, having received `received` counted frames. */
  resumable(claims: MemberClaims, session: string, received: number): Member | undefined {
    const member = this.#members.get(claims.rank);
    return member?.generation === claims.generation && member.canResume(session, received) ? member : undefined;
  }

  /** A member has replaced its connection. */
  resume(member: Member, socket: FrameSocket, received: number): void {
    this.#members.returned(member);
    this.#context.metrics.rejoined.inc();
    member.resume(socket, received);
  }

  /** The connection of a member has ended. Without a word, the member has a short time to replace it. */
  disconnected(member: Member, code: number, cause: string): void {
    if (!this.#members.has(member)) return;
    const { rejoinGraceMs } = this.#context.limits;
    const mayReturn = code === DROPPED && member.formed && !member.leaving && !member.isOver && rejoinGraceMs > 0;
    if (!mayReturn) {
      this.depart(member, cause);
      return;
    }
    this.#members.awaitReturn(member, rejoinGraceMs, () => {
      this.depart(member, `${cause} and was not replaced in ${rejoinGraceMs} ms`);
    });
  }

  /** A member is gone. Does nothing when it was removed before. */
  depart(member: Member, cause: string): void {
    if (!this.#members.has(member)) return;
    this.#remove(member);
    const { rank, generation } = member;
    if (!member.formed) {
      if (member.leaving) this.#roster.gaveUp(rank);
    } else if (member.leaving) {
      this.membership.left({ rank, generation, how: 'left', cause: 'it closed its communicator' });
    } else {
      this.#context.metrics.lost.inc();
      this.membership.lost({ rank, generation, how: 'lost', cause });
    }
  }

  /** The run gives the whole group up. Returns how many members were told. */
  release(cause: string): number {
    const told = this.#members.count;
    this.membership.stop();
    for (const member of this.#members) this.#giveUp(member, cause);
    return told;
  }

  /** The run gives one rank up for good. Returns how many members were told. */
  releaseRank(rank: number, cause: string): number {
    if (this.#roster.isReleased(rank)) return 0;
    const told = this.#members.count;
    const member = this.#members.get(rank);
    if (member) this.#giveUp(member, cause);
    this.membership.lost({ rank, generation: this.#roster.newestGeneration(rank) ?? null, how: 'released', cause });
    return told;
  }

  /** Who has not joined. */
  missing(): RankRange[] {
    return this.#roster.missing((rank) => this.#members.get(rank) !== undefined);
  }

  /** One beat of the server's clock. */
  beat(): void {
    this.#members.beat();
  }

  /** Closes every connection, because the server stops. */
  close(reason: string): void {
    this.membership.stop();
    for (const member of this.#members) {
      this.#remove(member);
      member.close(closeCodes.serverGoesAway, reason);
    }
  }

  /** Sends one frame to every member. */
  tellAll(frame: PackedFrame): void {
    for (const member of this.#members) member.deliver(frame);
  }

  #giveUp(member: Member, cause: string): void {
    member.deliver(encodeControl(frameKinds.released, { cause }));
    member.close(closeCodes.released, cause);
    this.#remove(member);
  }

  #remove(member: Member): void {
    this.introductions.forget(member.rank);
    this.#members.remove(member);
  }
}
