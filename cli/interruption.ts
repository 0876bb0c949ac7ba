import { setMaxListeners } from 'node:events';
import { InterruptedError } from './errors.js';
import { exitCodes } from './exitCodes.js';

/** What the interruption needs of `process`. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM', listener: (signal: 'SIGINT' | 'SIGTERM') => void): unknown;
  exit(code: number): void;
}

/**
 * Ctrl-C and SIGTERM. The first aborts `signal`, so that the command can tidy up behind it; the second leaves at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #receivedSignal: 'SIGINT' | 'SIGTERM' | undefined;

  constructor(source: SignalSource) {
    // Every request under way listens to it, and there may be many.
    setMaxListeners(0, this.#controller.signal);
    const receive = (signal: 'SIGINT' | 'SIGTERM') => {
      if (this.#receivedSignal !== undefined) source.exit(exitCodes.interrupted);
      this.#receivedSignal ??= signal;
      this.#controller.abort(new InterruptedError());
    };
    source.on('SIGINT', receive);
    source.on('SIGTERM', receive);
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
  get receivedSignal(): 'SIGINT' | 'SIGTERM' | undefined {
    return this.#receivedSignal;
  }
}
