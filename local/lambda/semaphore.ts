/** Lets a limited number of holders in at the same time, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(places: number) {
    if (!Number.isInteger(places) || places < 1)
      throw new RangeError(`a semaphore needs 1 or more places, not ${places}`);
    this.#free = places;
  }

  /** @returns the way to leave, which may be called more than once. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#queue.shift();
      if (next) next();
      else this.#free++;
    };
  }
}
