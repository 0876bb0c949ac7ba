import { MusterError } from '../run/errors.js';
import { s3Uri } from '../run/keys.js';
import type { CallKind } from './callLog.js';

/** A source ended before the bytes that were asked for. */
export class ShortReadError extends MusterError {
  readonly code = 'SHORT_READ';

  constructor(source: string, offset: number, length: number, size: number) {
    super(`${source}: wanted ${length} bytes at offset ${offset}, but it has only ${size} bytes.`, {
      remedy: 'The file is truncated or was replaced while it was read; upload it again.',
    });
  }
}

/** There is no such object or bucket. */
export class ObjectNotFoundError extends MusterError {
  readonly code = 'OBJECT_NOT_FOUND';

  constructor(bucket: string, key: string, cause?: unknown) {
    super(`${s3Uri(bucket, key)} does not exist.`, { cause });
  }
}

/** An object does not hold what it must. */
export class InvalidObjectError extends MusterError {
  readonly code = 'INVALID_OBJECT';

  constructor(bucket: string, key: string, faults: string, cause?: unknown) {
    super(`${s3Uri(bucket, key)} is not what was expected: ${faults}.`, { cause });
  }
}

/** A conditional write came second: somebody else wrote the object first. */
export class PreconditionFailedError extends MusterError {
  readonly code = 'PRECONDITION_FAILED';

  constructor(bucket: string, key: string, cause?: unknown) {
    super(`${s3Uri(bucket, key)} was written by somebody else in the meantime.`, { cause });
  }
}

/** Why S3 did not do what it was asked: not allowed, impossible, or a failure that passes. */
export type Refusal = 'denied' | 'lasting' | 'passing';

const permissions: Readonly<Record<CallKind, string>> = {
  get: 's3:GetObject',
  head: 's3:GetObject and s3:ListBucket',
  put: 's3:PutObject, and s3:PutObjectTagging for what ranks exchange,',
  list: 's3:ListBucket',
  delete: 's3:DeleteObject',
};

/** S3 refused or failed a call; a new attempt may help only when the refusal is a passing one. */
export class StorageError extends MusterError {
  readonly code = 'STORAGE';
  override readonly retryable: boolean;

  constructor(call: CallKind, bucket: string, key: string, cause: Error, refusal: Refusal) {
    super(`${call.toUpperCase()} ${s3Uri(bucket, key)} failed with ${cause.name}: ${cause.message}.`, {
      cause,
      remedy: refusal === 'denied' ? `Allow the role of the function ${permissions[call]} there.` : undefined,
    });
    this.retryable = refusal === 'passing';
  }
}

/** The body of a ranged GET broke off or held another number of bytes than the range. */
export class BrokenBodyError extends MusterError {
  readonly code = 'BROKEN_BODY';
  override readonly retryable = true;

  constructor(source: string, range: string, got: string) {
    super(`${source}: asked for ${range} and got ${got}.`);
  }
}

/** The object was replaced while the run was reading it. */
export class ObjectReplacedError extends MusterError {
  readonly code = 'OBJECT_REPLACED';

  constructor(source: string, cause: unknown) {
    super(`${source} was replaced while the run was reading it.`, {
      remedy: 'Start the run again; partitions must not change during a run.',
      cause,
    });
  }
}

/** Objects that S3 did not remove. */
export class DeletionError extends MusterError {
  readonly code = 'DELETION';
  override readonly retryable = true;

  constructor(
    bucket: string,
    errors: readonly { readonly Key?: string | undefined; readonly Code?: string | undefined }[],
  ) {
    const some = errors.slice(0, 5).map(({ Key = '', Code = 'unknown' }) => `${s3Uri(bucket, Key)} (${Code})`);
    const rest = errors.length > some.length ? `, and ${errors.length - some.length} more` : '';
    super(`Objects could not be removed: ${some.join(', ')}${rest}.`, {
      remedy: 'The role of the functions must be allowed s3:DeleteObject on the bucket of the results.',
    });
  }
}
