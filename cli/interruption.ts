import { setMaxListeners } from 'node:events';
import { InterruptedError } from './errors.js';
import { exitCodes } from './exitCodes.js';

/** What ends a command before it is done; SIGPIPE says that nobody reads what it writes. */
export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGPIPE';

/** What the interruption needs of `process`. */
export interface SignalSource {
  on(event: EndingSignal, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Ctrl-C, SIGTERM and a closed pipe. The first aborts `signal`, so that the command can tidy up behind it; a second Ctrl-C or
 * SIGTERM leaves at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #receivedSignal: EndingSignal | undefined;

  constructor(source: SignalSource) {
    // Every request under way listens to it, and there may be many.
    setMaxListeners(0, this.#controller.signal);
    const receive = (signal: EndingSignal) => {
      // Every write to a closed pipe fails anew.
      if (this.#receivedSignal !== undefined && signal !== 'SIGPIPE') source.exit(exitCodes.interrupted);
      this.#receivedSignal ??= signal;
      this.#controller.abort(new InterruptedError());
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGPIPE'] as const) source.on(signal, () => receive(signal));
  }

  /** Aborts with an InterruptedError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts with this interruption or with another signal, whichever comes first. */
  or(other: AbortSignal): AbortSignal {
    const either = AbortSignal.any([this.signal, other]);
    setMaxListeners(0, either);
    return either;
  }

  /** The first signal that came. */
  get receivedSignal(): EndingSignal | undefined {
    return this.#receivedSignal;
  }
}
