import { MusterError } from '../../run/errors.js';

/** There is nothing to make a bill of. */
export class NothingToBillError extends MusterError {
  readonly code = 'NOTHING_TO_BILL';
}
