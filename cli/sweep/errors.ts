import { MusterError } from '../../run/errors.js';

/** The output folder holds another sweep. */
export class OtherSweepError extends MusterError {
  readonly code = 'OTHER_SWEEP';

  constructor(folder: string) {
    super(`${folder} holds another sweep, or this one before its file or its cloud was changed.`, {
      remedy: 'Choose another --out, or begin anew with --restart, which forgets the runs that were made.',
    });
  }
}

/** Runs of a sweep that would not get through; nothing was started. */
export class SweepCannotRunError extends MusterError {
  readonly code = 'SWEEP_CANNOT_RUN';

  constructor(faults: readonly string[]) {
    super(
      `The sweep would not get through, so nothing was started:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  }
}

/** A dataset that is too small for one partition of a size. */
export class DatasetTooSmallError extends MusterError {
  readonly code = 'DATASET_TOO_SMALL';

  constructor(partitionMb: number, samples: number, needed: number) {
    super(`A partition of ${partitionMb} MB holds ${needed} samples, but the dataset has ${samples}.`, {
      remedy:
        'Whole partitions are repeated, parts of them are not: name a larger data source or a smaller partition_mb.',
    });
  }
}

/** The person at the terminal did not agree. */
export class SweepDeclinedError extends MusterError {
  readonly code = 'SWEEP_DECLINED';

  constructor() {
    super('Nothing was run. The partitions that were prepared stay, for the next time.');
  }
}

/** Runs of a sweep failed, or it was ended before all of them were made. */
export class SweepIncompleteError extends MusterError {
  readonly code = 'SWEEP_INCOMPLETE';
}
