import { MusterError } from '../../run/errors.js';

/** A run that would not get through; lists every reason, with the numbers. */
export class CannotRunError extends MusterError {
  readonly code = 'CANNOT_RUN';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`This run would not get through:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`);
    this.faults = faults;
  }
}
