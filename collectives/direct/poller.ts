import { performance } from 'node:perf_hooks';

/** Time after which a rank that polls lets the event loop turn: timers, other sockets, what others have asked for. */
const LOOP_TURN_MS = 1;

/** What is to run as a microtask; `queueMicrotask` of Node takes ten times as long, for those who trace what it runs. */
const soon = Promise.resolve();

/** A stream that can be looked at without the event loop. */
export interface Pollable {
  /** Whether somebody waits for what it brings, or bytes wait to leave. */
  readonly isWanted: boolean;
  /** Takes in what has come and sends what there is room for. @returns whether anything moved. */
  poll(): boolean;
  /** Nobody is going to look at it for a while: from here on the event loop has to. */
  rest(): void;
}

export interface PollerOptions {
  /** How long to go on without anything having moved; 0 is never to begin. */
  readonly pollMs: number;
  /** Lets others run that wait for this CPU. */
  yieldCpu(): void;
}

/** A call that is due at a time of `performance.now()`. */
interface Due {
  readonly atMs: number;
  readonly call: () => void;
}

/**
 * Looks for messages while somebody waits for one, so that its arrival is seen without the price of going to sleep and
 * being woken up. In between it gives the CPU to whoever else wants it, and every `LOOP_TURN_MS` to the event loop. It
 * stops by itself when nothing has moved for `pollMs`.
 */
export class Poller {
  readonly #pollMs: number;
  readonly #yieldCpu: () => void;
  readonly #streams: Pollable[] = [];
  #due: Due[] = [];
  #untilMs = 0;
  /** When the event loop is known to have turned last. */
  #loopTurnMs = 0;
  #isPolling = false;
  /** Whether the time to go on begins anew with the next look. */
  #isStirred = false;

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

  /** A stream is wanted, or something has moved. @returns whether streams are polled from now on. */
  stir(): boolean {
    if (this.#pollMs <= 0) return false;
    this.#isStirred = true;
    if (!this.#isPolling) soon.then(this.#goOn);
    this.#isPolling = true;
    return true;
  }

  /** Calls after so much time of polling, or after a turn of the event loop when there is none. */
  after(delayMs: number, call: () => void): void {
    if (this.#isPolling) this.#due.push({ atMs: performance.now() + delayMs, call });
    else setImmediate(call);
  }

  // Whoever waited goes first, to where it waits again. A tick that a microtask asks for comes when no microtask is left; one
  // that a tick asks for would come before them all.
  readonly #goOn = (): void => process.nextTick(this.#turn);

  readonly #loopHasTurned = (): void => {
    this.#loopTurnMs = performance.now();
    this.#turn();
  };

  readonly #turn = (): void => {
    for (;;) {
      let isWanted = false;
      let hasMoved = false;
      for (const stream of this.#streams) {
        if (!stream.isWanted) continue;
        isWanted = true;
        if (stream.poll()) hasMoved = true;
      }
      const nowMs = performance.now();
      if (this.#due.length > 0) this.#callDue(nowMs);
      if (hasMoved || this.#isStirred) {
        this.#untilMs = nowMs + this.#pollMs;
        this.#isStirred = false;
      }
      if (!hasMoved && (!isWanted || nowMs >= this.#untilMs)) break;
      if (nowMs - this.#loopTurnMs >= LOOP_TURN_MS) {
        setImmediate(this.#loopHasTurned);
        return;
      }
      if (hasMoved) {
        soon.then(this.#goOn);
        return;
      }
      this.#yieldCpu();
    }
    this.#isPolling = false;
    for (const stream of this.#streams) stream.rest();
    this.#callDue(Number.POSITIVE_INFINITY);
  };

  #callDue(nowMs: number): void {
    const due = this.#due;
    this.#due = due.filter(({ atMs }) => atMs > nowMs);
    for (const { atMs, call } of due) if (atMs <= nowMs) call();
  }
}
