import { MusterError } from '../run/errors.js';

/** One thing that is wrong with a sweep file. */
export interface SweepFault {
  /** Dotted path of the key, `(sweep)` for the whole. */
  readonly key: string;
  readonly message: string;
}

/** A sweep file that cannot be run; lists every fault. */
export class SweepFileError extends MusterError {
  readonly code = 'INVALID_SWEEP';
  readonly faults: readonly SweepFault[];

  constructor(faults: readonly SweepFault[]) {
    const lines = faults.map(({ key, message }) => `  - ${key}: ${message}`);
    super(`The sweep has ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}

/** A ratio was asked for whose denominator was never measured. */
export class MissingBaselineError extends MusterError {
  readonly code = 'MISSING_BASELINE';

  constructor(what: string, baseline: string, group: string) {
    const where = group === '' ? '' : ` with ${group}`;
    super(`There is no ${what} without ${baseline}: no run of it${where} succeeded.`, {
      remedy: 'Run the sweep again with --retry-failed, or add the baseline to what it varies.',
    });
  }
}
