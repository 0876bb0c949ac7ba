import { MusterError } from '../../run/errors.js';

/** The run has no summary that a report could be made of. */
export class NoSummaryError extends MusterError {
  readonly code = 'NO_SUMMARY';

  constructor(where: string, why: string) {
    super(`${where}: ${why}.`, {
      remedy: 'A summary is written at the end of a run; "muster status" says how one stands.',
    });
  }
}

/** A document is no summary that a report can be drawn of; names every field that is not as it must be. */
export class SummaryFormatError extends MusterError {
  readonly code = 'SUMMARY_FORMAT';

  constructor(where: string, faults: readonly string[]) {
    super(`${where} is not the summary of a run:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`, {
      remedy: 'Name the summary.json that a run has written.',
    });
  }
}
