import type { PeerGone } from '../rendezvous/control.js';
import { formatRanks } from '../rendezvous/rankRanges.js';
import { MusterError } from '../run/errors.js';

/** Which operation of which rank an error is about. */
export interface OperationIdentity {
  /** Such as `allreduce`. */
  readonly operation: string;
  readonly rank: number;
  readonly runId?: string;
}

function options({ rank, runId }: OperationIdentity): { rank: number; runId?: string } {
  return runId === undefined ? { rank } : { rank, runId };
}

/** A rank that the operation needs has died or was given up. */
export class RankLostError extends MusterError {
  readonly code = 'RANK_LOST';
  override readonly retryable = true;
  readonly operation: string;
  readonly lostRank: number;
  /** Generation of the lost rank; `null` when it never joined. */
  readonly lostGeneration: number | null;

  constructor(identity: OperationIdentity, lost: PeerGone) {
    const which = lost.generation === null ? `${lost.rank}` : `${lost.rank} (generation ${lost.generation})`;
    super(`${identity.operation} at rank ${identity.rank}: rank ${which} is lost: ${lost.cause}.`, {
      ...options(identity),
      remedy: 'The collectives of this group cannot go on; what does not need them can.',
    });
    this.operation = identity.operation;
    this.lostRank = lost.rank;
    this.lostGeneration = lost.generation;
  }
}

/** A rank closed its communicator before it did its part. */
export class RankDepartedError extends MusterError {
  readonly code = 'RANK_DEPARTED';
  readonly operation: string;
  readonly departedRank: number;

  constructor(identity: OperationIdentity, departedRank: number) {
    super(`${identity.operation} at rank ${identity.rank}: rank ${departedRank} has closed its communicator.`, {
      ...options(identity),
      remedy: 'Every rank must take part in every operation before it closes.',
    });
    this.operation = identity.operation;
    this.departedRank = departedRank;
  }
}

/** The deadline of an operation has passed. */
export class CollectiveTimeoutError extends MusterError {
  readonly code = 'COLLECTIVE_TIMEOUT';
  override readonly retryable = true;
  readonly operation: string;
  /** Ranks that this rank waited for. In a tree they may be waiting for others in turn. */
  readonly waitedFor: readonly number[];

  constructor(identity: OperationIdentity, timeoutMs: number, waitedFor: readonly number[]) {
    const whom = waitedFor.length > 0 ? `waiting for ${formatRanks(waitedFor)}` : 'waiting to send';
    super(`${identity.operation} at rank ${identity.rank} took longer than ${timeoutMs} ms, ${whom}.`, {
      ...options(identity),
      remedy: 'Look at these ranks, or give the operation a longer timeoutMs.',
    });
    this.operation = identity.operation;
    this.waitedFor = waitedFor;
  }
}

/** The caller's AbortSignal ended an operation; its reason is the `cause`. */
export class CollectiveAbortedError extends MusterError {
  readonly code = 'COLLECTIVE_ABORTED';
  readonly operation: string;

  constructor(identity: OperationIdentity, cause: unknown) {
    super(`${identity.operation} at rank ${identity.rank} was aborted by its caller.`, { ...options(identity), cause });
    this.operation = identity.operation;
  }
}

/** An operation on a communicator that this rank has closed. */
export class CommunicatorClosedError extends MusterError {
  readonly code = 'COMMUNICATOR_CLOSED';
  readonly operation: string;

  constructor(identity: OperationIdentity) {
    super(`${identity.operation} at rank ${identity.rank}: the communicator is closed.`, {
      ...options(identity),
      remedy: 'Await every operation before close().',
    });
    this.operation = identity.operation;
  }
}

/** An argument that no world of this size can work with. */
export class InvalidArgumentError extends MusterError {
  readonly code = 'COLLECTIVE_ARGUMENT_INVALID';
  readonly operation: string;

  constructor(identity: OperationIdentity, faults: readonly string[]) {
    super(`${identity.operation} at rank ${identity.rank}: ${faults.join('; ')}.`, options(identity));
    this.operation = identity.operation;
  }
}

/** Data of a kind that cannot be sent or reduced. */
export class UnsupportedDataError extends MusterError {
  readonly code = 'COLLECTIVE_DATA_UNSUPPORTED';

  constructor(fault: string) {
    super(`This data cannot take part in a collective: ${fault}.`, {
      remedy: 'Use a typed array (of 8 to 64 bits), a Buffer, or a small JSON value.',
    });
  }
}

/** What a rank sent does not fit what this rank brought. */
export class DataMismatchError extends MusterError {
  readonly code = 'COLLECTIVE_DATA_MISMATCH';
  readonly from: number | undefined;

  constructor(from: number | undefined, expected: string, received: string) {
    const sender = from === undefined ? 'A message' : `Rank ${from}`;
    super(`${sender} brought ${received}, where ${expected} was expected.`, {
      remedy: 'Every rank must call the same operations in the same order with arrays of one type and length.',
    });
    this.from = from;
  }
}
