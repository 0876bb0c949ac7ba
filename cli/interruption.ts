import { setMaxListeners } from 'node:events';
import { InterruptedError } from './errors.js';
import { exitCodes } from './exitCodes.js';

/** What ends a command before it is done; EPIPE says that nobody reads what it writes. */
export type Ending = 'SIGINT' | 'SIGTERM' | 'EPIPE';

/** What the interruption needs of `process`. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

/** What the interruption needs of `process.stdout` and `process.stderr`. */
export interface Output {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Ctrl-C, SIGTERM and a closed pipe. The first aborts `signal`, so that the command can tidy up behind it; a second Ctrl-C or
 * SIGTERM leaves at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #receivedSignal: Ending | undefined;

  constructor(source: SignalSource, outputs: readonly Output[] = []) {
    // Every request under way listens to it, and there may be many.
    setMaxListeners(0, this.#controller.signal);
    const receive = (signal: Ending) => {
      // Every write to a closed pipe fails anew.
      if (this.#receivedSignal !== undefined && signal !== 'EPIPE') source.exit(exitCodes.interrupted);
      this.#receivedSignal ??= signal;
      this.#controller.abort(new InterruptedError());
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) source.on(signal, () => receive(signal));
    // Not SIGPIPE, which any broken connection raises.
    for (const output of outputs) {
      output.on('error', ({ code }) => {
        if (code === 'EPIPE') receive('EPIPE');
      });
    }
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
  get receivedSignal(): Ending | undefined {
    return this.#receivedSignal;
  }
}
