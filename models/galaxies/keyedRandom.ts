import { randomBeta, randomExponential, randomGamma, randomNormal } from 'd3-random';
import { philox } from './philox.js';

/** What a stream of random numbers is for; a galaxy's streams do not disturb each other. */
export const randomStreams = { catalogue: 0, shape: 1, neighbour: 2, observation: 3 } as const;

/** Random numbers of one purpose for one galaxy of one survey: the same ones whenever and wherever they are drawn. */
export class KeyedRandom {
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #indexLow: number;
  readonly #indexHigh: number;
  readonly #stream: number;
  #words: readonly number[] = [];
  #used = 4;
  #block = 0;
  readonly #standardNormal: () => number;

  /**
   * @param seed of the survey, a non-negative safe integer.
   * @param index of the galaxy in the survey, a non-negative safe integer.
   */
  constructor(seed: number, index: number, stream: keyof typeof randomStreams) {
    this.#seedLow = seed >>> 0;
    this.#seedHigh = Math.floor(seed / 0x1_0000_0000);
    this.#indexLow = index >>> 0;
    this.#indexHigh = Math.floor(index / 0x1_0000_0000);
    this.#stream = randomStreams[stream];
    this.#standardNormal = randomNormal.source(this.#uniform)();
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.#uniform();
  }

  /** Gaussian. */
  normal(mean: number, deviation: number): number {
    return mean + deviation * this.#standardNormal();
  }

  /** Gamma of the given shape and scale. */
  gamma(shape: number, scale: number): number {
    return randomGamma.source(this.#uniform)(shape, scale)();
  }

  /** Beta on (0, 1). */
  beta(alpha: number, beta: number): number {
    return randomBeta.source(this.#uniform)(alpha, beta)();
  }

  /** Exponential of the given mean. */
  exponential(mean: number): number {
    return randomExponential.source(this.#uniform)(1 / mean)();
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.#uniform() < probability;
  }

  readonly #uniform = (): number => {
    if (this.#used === 4) {
      const counter = [this.#block++, this.#stream, this.#indexLow, this.#indexHigh] as const;
      this.#words = philox(counter, this.#seedLow, this.#seedHigh);
      this.#used = 0;
    }
    return this.#words[this.#used++] * 2 ** -32;
  };
}
