import { MusterError } from '../run/errors.js';

/** Where in which file a fault lies, what was found there and what should have been. */
export interface Fault {
  file: string;
  /** Byte offset in the file; left out where the fault has no single place. */
  offset?: number;
  found: string;
  expected: string;
  remedy?: string;
  cause?: unknown;
}

const REWRITE = 'The file is damaged or was not written completely; write and upload it again.';

/** Base class of every fault of a partition file: it names the file, the byte, what was found and what was expected. */
export abstract class PartitionFormatError extends MusterError {
  readonly file: string;
  readonly offset?: number;

  constructor(fault: Fault) {
    const place = fault.offset === undefined ? fault.file : `${fault.file}, byte ${fault.offset}`;
    super(`${place}: found ${fault.found}; expected ${fault.expected}.`, { remedy: fault.remedy, cause: fault.cause });
    this.file = fault.file;
    this.offset = fault.offset;
  }
}

/** The first bytes belong to none of the formats that partitions come in. */
export class UnknownPartitionFormatError extends PartitionFormatError {
  readonly code = 'PARTITION_FORMAT_UNKNOWN';
}

/** The file ends before what its own headers announce. */
export class TruncatedPartitionError extends PartitionFormatError {
  readonly code = 'PARTITION_TRUNCATED';

  constructor(fault: Fault) {
    super({ remedy: REWRITE, ...fault });
  }
}

/** The file contradicts itself or its format. */
export class CorruptPartitionError extends PartitionFormatError {
  readonly code = 'PARTITION_CORRUPT';

  constructor(fault: Fault) {
    super({ remedy: REWRITE, ...fault });
  }
}

/** Bytes that were read do not have the checksum that the file records for them. */
export class PartitionChecksumError extends PartitionFormatError {
  readonly code = 'PARTITION_CHECKSUM';

  constructor(fault: Fault) {
    super({ remedy: REWRITE, ...fault });
  }
}

/** The file is sound, but holds something that partitions may not hold (objects, structured or complex elements, ...). */
export class UnsupportedPartitionError extends PartitionFormatError {
  readonly code = 'PARTITION_UNSUPPORTED';
}

/** The pickle of a `.pt` file asks for something that is not on the allow-list; nothing of it was executed. */
export class PickleRefusedError extends PartitionFormatError {
  readonly code = 'PICKLE_REFUSED';

  constructor(fault: Fault) {
    super({
      remedy:
        'Save only tensors: a TensorDataset, a tuple, list or dict of tensors, or convert the file to .safetensors.',
      ...fault,
    });
  }
}

/** A partition does not hold the arrays that were asked for. */
export class ArrayNotFoundError extends MusterError {
  readonly code = 'ARRAY_NOT_FOUND';

  constructor(file: string, missing: readonly string[], present: readonly string[]) {
    super(
      `${file}: has no array named ${missing.map((name) => JSON.stringify(name)).join(', ')}; it holds ${
        present.map((name) => JSON.stringify(name)).join(', ') || 'no arrays'
      }.`,
      {
        remedy: 'Arrays of dicts, .safetensors and .npz are named by key, those of tuples and TensorDatasets 0, 1, 2.',
      },
    );
  }
}

/** Arrays that are to be streamed together do not have the same number of samples. */
export class SampleCountMismatchError extends MusterError {
  readonly code = 'SAMPLE_COUNT_MISMATCH';

  constructor(file: string, counts: readonly { name: string; shape: readonly number[] }[]) {
    const list = counts.map(({ name, shape }) => `${JSON.stringify(name)} has shape (${shape.join(', ')})`).join(', ');
    super(`${file}: ${list}; arrays that are read together must have the same length of axis 0.`, {
      remedy: 'Select only arrays with one entry a sample, or write the file again with equal lengths.',
    });
  }
}

/** An array is larger than one buffer can be. */
export class ArrayTooLargeError extends MusterError {
  readonly code = 'ARRAY_TOO_LARGE';

  constructor(file: string, name: string, byteLength: number, limit: number, cause?: unknown) {
    super(
      `${file}: the selected samples of array ${JSON.stringify(name)} take ${byteLength} bytes, more than one buffer can hold (${limit}) or memory has room for.`,
      { remedy: 'Split the dataset into smaller partitions (muster partition).', cause },
    );
  }
}

/** A cast that would lose values, or that has no meaning. */
export class UnsupportedCastError extends MusterError {
  readonly code = 'CAST_UNSUPPORTED';

  constructor(message: string) {
    super(message, {
      remedy: 'Convert the data when it is written, or use a model whose input has the type of the array.',
    });
  }
}

/** A dataset cannot be written or split as asked. */
export class PartitionWriteError extends MusterError {
  readonly code = 'PARTITION_WRITE';
}

/** An option has a value that it cannot have. */
export class InvalidDataOptionError extends MusterError {
  readonly code = 'INVALID_DATA_OPTION';

  constructor(faults: readonly string[]) {
    super(`Invalid options: ${faults.join('; ')}.`);
  }
}
