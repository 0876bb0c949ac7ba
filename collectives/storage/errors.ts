import type { MemberIdentity } from '../../rendezvous/errors.js';
import type { FailurePolicy } from '../../rendezvous/protocol.js';
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

/** A rank wants something else to happen at a loss than its group. */
export class PolicyMismatchError extends MusterError {
  readonly code = 'FAILURE_POLICY_MISMATCH';

  constructor({ runId, rank }: MemberIdentity, policy: FailurePolicy, wanted: FailurePolicy) {
    super(`Rank ${rank} cannot join: the group has the failure policy ${policy}, not ${wanted}.`, {
      runId,
      rank,
      remedy: 'Give every rank the same failurePolicy.',
    });
  }
}
