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
  /** Kept by `Deadlines`. */
  watched?: Watched | undefined;
}

/** What is known of one that is watched. */
interface Watched {
  /** Where it is among all. */
  place: number;
  /** When it expires; none if it has, or if a timer of its own says so. */
  atMs: number;
}

/**
 * The deadlines of many short operations. Nearly all end long before theirs, so those that are far away share one timer,
 * which costs an operation nothing; it runs as long as there are some, and does not keep the process alive.
 */
export class Deadlines<E extends Expiring> {
  readonly #clock: Clock;
  /** In any order: a set costs a short operation more than all else here. */
  readonly #all: E[] = [];
  readonly #near = new Map<E, () => void>();
  #stopTicking: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All that are watched, as they are now. */
  get watched(): readonly E[] {
    return this.#all.slice();
  }

  /** Lets it expire once at its deadline, unless it is forgotten before. */
  watch(expiring: E): void {
    const { timeoutMs } = expiring;
    const isNear = timeoutMs < FAR_MS;
    const atMs = isNear ? Number.POSITIVE_INFINITY : this.#clock.nowMs() + timeoutMs;
    expiring.watched = { place: this.#all.length, atMs };
    this.#all.push(expiring);
    if (isNear)
      this.#near.set(
        expiring,
        this.#clock.after(timeoutMs, () => expiring.expire()),
      );
    else this.#stopTicking ??= this.#clock.every(TICK_MS, this.#tick);
  }

  forget(expiring: E): void {
    const { watched } = expiring;
    if (!watched) return;
    expiring.watched = undefined;
    const last = this.#all.pop();
    if (last?.watched) {
      this.#all[watched.place] = last;
      last.watched.place = watched.place;
    }
    if (this.#near.size === 0) return;
    this.#near.get(expiring)?.();
    this.#near.delete(expiring);
  }

  readonly #tick = (): void => {
    const nowMs = this.#clock.nowMs();
    for (const expiring of this.watched) {
      const { watched } = expiring;
      if (!watched || watched.atMs > nowMs) continue;
      watched.atMs = Number.POSITIVE_INFINITY;
      expiring.expire();
    }
    if (this.#all.some(({ watched }) => watched && Number.isFinite(watched.atMs))) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  };
}
