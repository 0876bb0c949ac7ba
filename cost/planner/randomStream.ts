import { normalQuantile } from '../forecast/normalQuantile.js';

/** Random numbers that are the same for the same seed: mulberry32 (T. Ettinger, public domain). */
export class RandomStream {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform, above 0 and below 1. */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  }

  /** Of the standard normal distribution. */
  normal(): number {
    return normalQuantile(this.uniform());
  }
}
