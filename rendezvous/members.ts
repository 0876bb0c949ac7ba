import type { Clock } from './clock.js';
import type { Member } from './member.js';

/** The members that a group has at present, among them those whose connection dropped and may be replaced. */
export class Members implements Iterable<Member> {
  readonly #clock: Clock;
  readonly #byRank = new Map<number, Member>();
  /** Members whose connection dropped, and what cancels their time to replace it. */
  readonly #dropped = new Map<Member, () => void>();
  #beats = 0;
  #emptySinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#emptySinceMs = clock.nowMs();
  }

  get count(): number {
    return this.#byRank.size;
  }

  /** When the last one left; `undefined` while there is one. */
  get emptySinceMs(): number | undefined {
    return this.#byRank.size === 0 ? this.#emptySinceMs : undefined;
  }

  ranks(): Set<number> {
    return new Set(this.#byRank.keys());
  }

  /** Whoever goes through them may remove some on the way. */
  [Symbol.iterator](): Iterator<Member> {
    return this.#byRank.values();
  }

  get(rank: number): Member | undefined {
    return this.#byRank.get(rank);
  }

  /** Whether this one counts: it has not been removed, and no other has taken its place. */
  has(member: Member): boolean {
    return this.#byRank.get(member.rank) === member;
  }

  add(member: Member): void {
    this.#byRank.set(member.rank, member);
  }

  remove(member: Member): void {
    this.#byRank.delete(member.rank);
    this.returned(member);
    member.detach();
    if (this.#byRank.size === 0) this.#emptySinceMs = this.#clock.nowMs();
  }

  /** The connection of a member dropped; `expired` is called unless it has returned after so long. */
  awaitReturn(member: Member, graceMs: number, expired: () => void): void {
    member.disconnect();
    const cancel = this.#clock.after(graceMs, () => {
      this.#dropped.delete(member);
      expired();
    });
    this.#dropped.set(member, cancel);
  }

  /** Nobody waits for this member any more. */
  returned(member: Member): void {
    this.#dropped.get(member)?.();
    this.#dropped.delete(member);
  }

  /** One beat of the server's clock. */
  beat(): void {
    const nowMs = this.#clock.nowMs();
    this.#beats += 1;
    for (const member of this.#byRank.values()) member.beat(this.#beats, nowMs);
  }
}
