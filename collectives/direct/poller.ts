/** Time after which a rank that polls lets the event loop turn: timers, other sockets, what others have asked for. */
const LOOP_TURN_MS = 0.2;

/** Something that somebody waits for. */
export interface Awaited {
  readonly isSettled: boolean;
}

/** A stream that can be looked at without the event loop. */
export interface Pollable {
  /** Whether bytes wait to leave. */
  readonly isBackedUp: boolean;
  /** Takes in what has come and sends what there is room for. @returns whether anything moved. */
  poll(): boolean;
  /** Nobody is going to look at it for a while: from here on the event loop has to. */
  rest(): void;
}

export interface PollerOptions {
  /** How long to go on without anything having moved. */
  readonly pollMs: number;
  /** Lets others run that wait for this CPU. Without it there is no polling but in turns of the event loop. */
  readonly yieldCpu: (() => void) | undefined;
}

/**
 * Looks for messages while somebody waits for one, so that its arrival is seen without the price of going to sleep and
 * being woken up. In between it gives the CPU to whoever else wants it, and every `LOOP_TURN_MS` to the event loop. It
 * stops by itself when nothing has moved for `pollMs`.
 */
export class Poller {
  readonly #pollMs: number;
  readonly #yieldCpu: (() => void) | undefined;
  readonly #streams: Pollable[] = [];
  /** What is waited for, latest last; below one that is not settled there may be some that are. */
  readonly #awaited: Awaited[] = [];
  #untilMs = 0;
  #loopTurnMs = 0;
  #isPolling = false;

  constructor({ pollMs, yieldCpu }: PollerOptions) {
    this.#pollMs = pollMs;
    this.#yieldCpu = yieldCpu;
  }

  /** Looks at this stream, too. */
  attend(stream: Pollable): void {
    this.#streams.push(stream);
  }

  forget(stream: Pollable): void {
    const place = this.#streams.indexOf(stream);
    if (place >= 0) this.#streams.splice(place, 1);
  }

  /** Polls until it is settled, or until nothing has moved for `pollMs`. */
  during(awaited: Awaited): void {
    if (awaited.isSettled || (this.#yieldCpu && this.#streams.length === 0)) return;
    this.#awaited.push(awaited);
    this.stir();
  }

  /** Something has moved, or is about to. @returns whether the streams are polled from now on. */
  stir(): boolean {
    if (this.#pollMs <= 0) return false;
    this.#untilMs = performance.now() + this.#pollMs;
    if (!this.#isPolling) queueMicrotask(this.#firstTurn);
    this.#isPolling = true;
    return true;
  }

  readonly #firstTurn = (): void => {
    this.#loopTurnMs = performance.now();
    this.#turn();
  };

  readonly #turn = (): void => {
    while (this.#isNeeded()) {
      let hasMoved = false;
      for (const stream of this.#streams) if (stream.poll()) hasMoved = true;
      const nowMs = performance.now();
      if (hasMoved) this.#untilMs = nowMs + this.#pollMs;
      else if (nowMs >= this.#untilMs) break;
      if (!this.#yieldCpu || nowMs - this.#loopTurnMs >= LOOP_TURN_MS) {
        setImmediate(this.#firstTurn);
        return;
      }
      if (hasMoved) {
        // Whoever waited for it goes first.
        queueMicrotask(this.#turn);
        return;
      }
      this.#yieldCpu();
    }
    this.#isPolling = false;
    for (const stream of this.#streams) stream.rest();
  };

  #isNeeded(): boolean {
    const awaited = this.#awaited;
    while (awaited[awaited.length - 1]?.isSettled) awaited.pop();
    return awaited.length > 0 || this.#streams.some(({ isBackedUp }) => isBackedUp);
  }
}
