import type { Clock } from '../rendezvous/clock.js';

/** Deadlines at least this far away are looked at from time to time instead of having a timer each. */
const FAR_MS = 5000;
/** How often; they are late by this much at most. */
const TICK_MS = 100;

/** Something that has a deadline. */
export interface Expiring {
  /** From when it is watched. */
  readonly timeoutMs: number;
  expire(): void;
}

/**
 * The deadlines of many short operations. Nearly all end long before theirs, so those that are far away share one timer,
 * which costs an operation nothing; it runs as long as there are some, and does not keep the process alive.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** With the time at which each expires. */
  readonly #far = new Map<Expiring, number>();
  readonly #near = new Map<Expiring, () => void>();
  #stopTicking: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets it expire once at its deadline, unless it is forgotten before. */
  watch(expiring: Expiring): void {
    const { timeoutMs } = expiring;
    if (timeoutMs < FAR_MS) {
      const expire = () => {
        this.#near.delete(expiring);
        expiring.expire();
      };
      this.#near.set(expiring, this.#clock.after(timeoutMs, expire));
      return;
    }
    this.#far.set(expiring, this.#clock.nowMs() + timeoutMs);
    this.#stopTicking ??= this.#clock.every(TICK_MS, this.#tick);
  }

  forget(expiring: Expiring): void {
    if (this.#far.delete(expiring)) return;
    this.#near.get(expiring)?.();
    this.#near.delete(expiring);
  }

  readonly #tick = (): void => {
    const nowMs = this.#clock.nowMs();
    for (const [expiring, atMs] of this.#far) {
      if (atMs > nowMs) continue;
      this.#far.delete(expiring);
      expiring.expire();
    }
    if (this.#far.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  };
}
