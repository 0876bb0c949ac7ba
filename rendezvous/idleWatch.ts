import type { Clock } from './clock.js';

export interface IdleWatchOptions {
  readonly clock: Clock;
  /** How long nobody must have needed the server; undefined: it never counts as idle. */
  readonly afterMs: number | undefined;
  readonly memberCount: () => number;
  /** Called once, in the same turn in which it is decided: nobody slips in between. */
  readonly decide: () => void;
}

/** Sees when nobody has needed a server for so long that it may stop: no member was there and no run was announced. */
export class IdleWatch {
  /** Resolves when the server has become idle; then that is final. */
  readonly idle: Promise<void>;
  readonly #options: IdleWatchOptions;
  readonly #resolve: () => void;
  #neededAtMs: number;
  #decided = false;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#neededAtMs = options.clock.nowMs();
    let resolve = () => {};
    this.idle = new Promise((become) => {
      resolve = become;
    });
    this.#resolve = resolve;
  }

  /** Somebody is about to come. */
  needed(): void {
    this.#neededAtMs = this.#options.clock.nowMs();
  }

  /** To be called often, compared with the idle time. */
  beat(): void {
    const { clock, afterMs, memberCount, decide } = this.#options;
    if (afterMs === undefined || this.#decided) return;
    if (memberCount() > 0) this.needed();
    else if (clock.nowMs() - this.#neededAtMs >= afterMs) {
      this.#decided = true;
      decide();
      this.#resolve();
    }
  }
}
