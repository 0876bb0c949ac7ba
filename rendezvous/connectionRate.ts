import type { Clock } from './clock.js';

const BURST_SECONDS = 5;

/** A token bucket for each remote address: `perSecond` connections, with a burst of five seconds' worth. */
export class ConnectionRate {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { level: number; atMs: number }>();

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Counts one connection; false when the address has used up its share. */
  admits(address: string): boolean {
    const level = this.#level(address);
    if (level < 1) return false;
    this.#buckets.set(address, { level: level - 1, atMs: this.#clock.nowMs() });
    return true;
  }

  /** Forgets addresses whose bucket has filled up again. */
  sweep(): void {
    for (const address of this.#buckets.keys()) {
      if (this.#level(address) >= this.#capacity) this.#buckets.delete(address);
    }
  }

  get #capacity(): number {
    return this.#perSecond * BURST_SECONDS;
  }

  #level(address: string): number {
    const bucket = this.#buckets.get(address);
    if (!bucket) return this.#capacity;
    const refill = ((this.#clock.nowMs() - bucket.atMs) / 1000) * this.#perSecond;
    return Math.min(this.#capacity, bucket.level + Math.max(0, refill));
  }
}
