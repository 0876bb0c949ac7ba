import { MusterError, messageOf } from '../../run/errors.js';

/** The objects through which this rank talks to the others cannot be written or read. */
export class StorageChannelError extends MusterError {
  readonly code = 'STORAGE_CHANNEL';
  override readonly retryable = true;

  constructor(rank: number, what: string, cause: unknown) {
    super(`Rank ${rank} is cut off from its group: ${what} failed: ${messageOf(cause)}`, {
      rank,
      remedy: 'Check that the bucket of the results can be reached, written to and deleted from.',
      cause,
    });
  }
}

/** An object of the channel does not hold what a rank of this version writes. */
export class CorruptMessageError extends MusterError {
  readonly code = 'MESSAGE_CORRUPT';

  constructor(name: string, fault: string) {
    super(`The message ${name} is corrupt: ${fault}.`, {
      remedy: 'Nothing but the ranks of the run may write under its result prefix.',
    });
  }
}
