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

  /** The first signal that came. */
  get receivedSignal(): 'SIGINT' | 'SIGTERM' | undefined {
    return this.#receivedSignal;
  }
}
