/** Something that somebody waits for. */
export interface Awaited {
  readonly isSettled: boolean;
}

/**
 * Keeps the event loop turning while somebody waits for a message, so that its arrival is seen without the price of
 * waking up the process. Worth it only where every rank has a CPU of its own; it stops by itself when nothing has come
 * for `pollMs`.
 */
export class Spinner {
  readonly #pollMs: number;
  readonly #awaited = new Set<Awaited>();
  #untilMs = 0;
  #isTurning = false;

  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  /** Turns until it is settled, or for `pollMs`. */
  during(awaited: Awaited): void {
    if (this.#pollMs <= 0 || awaited.isSettled) return;
    this.#awaited.add(awaited);
    this.#untilMs = performance.now() + this.#pollMs;
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    for (const awaited of this.#awaited) if (awaited.isSettled) this.#awaited.delete(awaited);
    this.#isTurning = this.#awaited.size > 0 && performance.now() < this.#untilMs;
    if (this.#isTurning) setImmediate(this.#turn);
    else this.#awaited.clear();
  };
}
