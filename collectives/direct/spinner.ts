/**
 * Keeps the event loop turning while somebody waits for a message, so that its arrival is seen without the price of
 * waking up the process. Worth it only where every rank has a CPU of its own; it stops by itself when nothing has come
 * for `spinMs`.
 */
export class Spinner {
  readonly #spinMs: number;
  #untilMs = 0;
  #waiting = 0;
  #turning = false;

  constructor(spinMs: number) {
    this.#spinMs = spinMs;
  }

  /** Turns until `waited` settles, or for `spinMs`. */
  during(waited: Promise<unknown>): void {
    if (this.#spinMs <= 0) return;
    this.#waiting += 1;
    this.#untilMs = performance.now() + this.#spinMs;
    const leave = () => {
      this.#waiting -= 1;
    };
    waited.then(leave, leave);
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turning = this.#waiting > 0 && performance.now() < this.#untilMs;
    if (this.#turning) setImmediate(this.#turn);
  };
}
