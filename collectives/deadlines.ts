import type { Clock } from '../rendezvous/clock.js';

/** Deadlines at least this far away are looked at from time to time instead of having a timer each. */
const FAR_MS = 5000;
/** How often; they are late by this much at most. */
const TICK_MS = 100;

interface Deadline {
  readonly atMs: number;
  readonly expire: () => void;
}

/**
 * The deadlines of many short operations. Nearly all end long before theirs, so those that are far away share one timer,
 * which costs an operation nothing; it runs as long as there are some, and does not keep the process alive.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #far = new Set<Deadline>();
  #stopTicking: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `expire` once after `timeoutMs`, unless the returned function is called before. */
  after(timeoutMs: number, expire: () => void): () => void {
    if (timeoutMs < FAR_MS) return this.#clock.after(timeoutMs, expire);
    const deadline = { atMs: this.#clock.nowMs() + timeoutMs, expire };
    this.#far.add(deadline);
    this.#stopTicking ??= this.#clock.every(TICK_MS, this.#tick);
    return () => this.#far.delete(deadline);
  }

  readonly #tick = (): void => {
    const nowMs = this.#clock.nowMs();
    for (const deadline of this.#far) {
      if (deadline.atMs > nowMs) continue;
      this.#far.delete(deadline);
      deadline.expire();
    }
    if (this.#far.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  };
}
