import { MusterError } from '../../run/errors.js';

/** A direct link that did not come about or broke. It costs no message: the relay carries on. */
export class DirectLinkError extends MusterError {
  readonly code = 'DIRECT_LINK';
  override readonly retryable = true;

  constructor(fault: string, cause?: unknown) {
    super(`A direct link was given up: ${fault}.`, cause === undefined ? {} : { cause });
  }
}
