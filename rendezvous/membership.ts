import { BarrierCounter } from './barrierCounter.js';
import { encodeControl, type Formed, type PeerGone } from './control.js';
import { GoneNotices } from './goneNotices.js';
import type { GroupContext } from './group.js';
import { type GroupState, stateAfterLoss } from './groupState.js';
import type { Members } from './members.js';
import type { PackedFrame } from './packedFrame.js';
import { type FailurePolicy, frameKinds } from './protocol.js';
import { missingRanges } from './rankRanges.js';
import { Reductions } from './reductions.js';
import type { Roster } from './roster.js';

/** Whose membership it is. */
export interface GroupIdentity {
  readonly runId: string;
  readonly worldSize: number;
  readonly failurePolicy: FailurePolicy;
}

/**
 * Which membership of a group counts: when the group is complete, what a loss means to it, and what of the collectives
 * ends with a membership. Survivors are told of a loss at once; the failure policy says what follows.
 *
 * - `abort`: the group is broken for good; whoever comes later is refused with the reason.
 * - `wait`: the group waits until a newer generation of every lost rank has joined, and then forms anew.
 * - `shrink`: the group forms anew without the lost ranks; they are refused.
 *
 * Each time that it forms anew a new epoch begins. Frames of an earlier one are dropped, and every member learns of
 * the new one behind all frames of the old one.
 */
export class Membership {
  readonly barriers: BarrierCounter;
  readonly reductions: Reductions;
  /** Collectives that every rank has declared complete. */
  completed = 0;
  readonly #group: GroupIdentity;
  readonly #context: GroupContext;
  readonly #members: Members;
  readonly #roster: Roster;
  readonly #notices: GoneNotices;
  #state: GroupState = 'forming';
  #epoch = 0;
  /** Set while survivors have yet to be told that they go on without a rank. */
  #shrinks = false;

  constructor(group: GroupIdentity, members: Members, roster: Roster, context: GroupContext) {
    const { clock, limits, reducer } = context;
    this.#group = group;
    this.#context = context;
    this.#members = members;
    this.#roster = roster;
    this.barriers = new BarrierCounter(group.worldSize, limits.maxOpenBarriers);
    this.reductions = new Reductions(group.worldSize, limits.maxOpenBarriers, reducer);
    this.#notices = new GoneNotices(clock, limits.heartbeatIntervalMs, (frame) => this.#notify(frame));
  }

  get state(): GroupState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** A rank has joined: forms the group if all who belong to it are here now. */
  joined(): void {
    const isAwaited = this.#state === 'forming' || this.#state === 'waiting';
    if (isAwaited && this.#members.count + this.#roster.left.length === this.#group.worldSize) this.#form();
  }

  /** A rank of this membership has departed of its own will. */
  left(peer: PeerGone): void {
    this.#roster.gone(peer);
    this.#notices.add(peer);
  }

  /** A rank broke off or was given up. */
  lost(peer: PeerGone): void {
    this.#roster.gone(peer);
    this.barriers.clear();
    this.reductions.clear();
    this.#notices.add(peer);
    const { state, shrinks } = stateAfterLoss(this.#state, this.#group.failurePolicy, peer.how);
    this.#state = state;
    if (shrinks) this.#shrinks = true;
    const { rank, how, cause } = peer;
    this.#context.logger.warn('Rank lost.', { runId: this.#group.runId, rank, how, cause, group: this.#state });
  }

  /** Nobody is told any more who is gone, because all are. */
  stop(): void {
    this.#notices.stop();
  }

  /** All who belong together are here: a new epoch begins for them. */
  #form(): void {
    const { runId, worldSize } = this.#group;
    this.#notices.flush();
    if (this.#state !== 'forming') this.#epoch += 1;
    this.#state = 'formed';
    this.#shrinks = false;
    this.barriers.begin(this.#members.ranks());
    this.reductions.clear();
    const ranks = missingRanges(worldSize, (rank) => !this.#members.get(rank));
    const formed: Formed = { epoch: this.#epoch, ranks, completed: this.completed };
    const bytes = encodeControl(frameKinds.formed, formed);
    const { left } = this.#roster;
    for (const member of this.#members) {
      member.deliver(bytes);
      if (!member.formed && left.length > 0) member.deliver(encodeControl(frameKinds.gone, left));
      member.formed = true;
    }
    const members = this.#members.count;
    this.#context.logger.info('Group formed.', { runId, worldSize, members, epoch: this.#epoch });
  }

  /** Tells who is gone; those who have not been told of any membership are not concerned while the group waits. */
  #notify(frame: PackedFrame): void {
    for (const member of this.#members) {
      if (this.#state !== 'waiting' || member.formed) member.deliver(frame);
    }
    if (this.#shrinks) this.#form();
  }
}
