import { MusterError } from '../../run/errors.js';

/** The folders hold no results at all. */
export class NoResultsError extends MusterError {
  readonly code = 'NO_RESULTS';

  constructor(folders: readonly string[]) {
    super(`No combined_data.json and no summary.json lies in or below ${folders.join(', ')}.`, {
      remedy: 'Name a folder such as result-partition-25MB, or one that "muster download" has filled.',
    });
  }
}

/** Files of results that are not what they should be; lists every fault of each. */
export class ResultFormatError extends MusterError {
  readonly code = 'RESULT_FORMAT';

  constructor(faults: readonly string[]) {
    super(`Results that cannot be read:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`, {
      remedy: 'Mend or move these files.',
    });
  }
}
