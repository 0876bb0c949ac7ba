import { MusterError, messageOf } from '../run/errors.js';

/**
 * An error that no new attempt can mend. The state machine knows it by its name and gives the rank up at once; the message
 * begins with the original's name.
 */
export class PermanentError extends Error {
  constructor(cause: unknown) {
    super(`${cause instanceof Error ? cause.name : 'Error'}: ${messageOf(cause)}`, { cause });
    this.name = 'PermanentError';
  }
}

/** The function's configuration is incomplete. */
export class FunctionEnvironmentError extends MusterError {
  readonly code = 'FUNCTION_ENVIRONMENT';

  constructor(faults: readonly string[]) {
    super(`The function's environment is not complete: ${faults.join('; ')}.`, {
      remedy: 'Deploy the functions through serverless.yml, which sets it.',
    });
  }
}

/** The function was called with something else than its state of the state machine sends. */
export class EventError extends MusterError {
  readonly code = 'EVENT';

  constructor(faults: string) {
    super(`The function was called with an event that it does not know:\n${faults}\n`, {
      remedy: 'Deploy the state machine and the functions from the same version.',
    });
  }
}
