import { MusterError, type MusterErrorOptions, messageOf } from '../run/errors.js';

/** A newer attempt owns the rank; this one must not write any more. */
export class FencedOffError extends MusterError {
  readonly code = 'FENCED_OFF';

  constructor(rank: number, generation: number, newest: number, options: MusterErrorOptions = {}) {
    super(`Attempt ${generation} of rank ${rank} was replaced by attempt ${newest}; its results are dropped.`, {
      rank,
      ...options,
    });
  }
}

/** The attempt ran out of time: of its Lambda function, or of the run's deadline. */
export class RankDeadlineError extends MusterError {
  readonly code = 'RANK_DEADLINE';
  override readonly retryable: boolean;

  constructor(rank: number, what: 'function' | 'run') {
    super(
      what === 'run'
        ? `The run's deadline passed before rank ${rank} was done.`
        : `The function's time was nearly over before rank ${rank} was done.`,
      {
        rank,
        remedy:
          what === 'run'
            ? 'Raise "deadline_s", or use more ranks.'
            : 'Use more ranks or smaller partitions, or raise the timeout of the executor.',
      },
    );
    this.retryable = what === 'function';
  }
}

/** Somebody stopped the run; what the attempt has written is kept, and no other attempt follows. */
export class RunStoppedError extends MusterError {
  readonly code = 'RUN_STOPPED';

  constructor(runId: string, rank: number, cause: string) {
    super(`The run was stopped, and rank ${rank} with it: ${cause}`, { runId, rank });
  }
}

/** A partition's arrays do not fit the model's inputs; lists every fault. */
export class ArrayBindingError extends MusterError {
  readonly code = 'ARRAYS_DO_NOT_FIT';

  constructor(partition: string, model: string, faults: readonly string[]) {
    super(`${partition} does not fit the model ${model}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`, {
      remedy: 'Say in the payload which array feeds which input: "inputs": {"<model input>": "<array>"}.',
    });
  }
}

/** An output of the model has the name of a key that each line of a JSON Lines file has. */
export class OutputNameTakenError extends MusterError {
  readonly code = 'OUTPUT_NAME_TAKEN';

  constructor(names: readonly string[]) {
    const quoted = names.map((name) => JSON.stringify(name)).join(' and ');
    super(`An output called ${quoted} cannot be written as JSON Lines: every line has that key for something else.`, {
      remedy: `Set "predictions" to "npy", or rename the output${names.includes('label') ? ', or set "labels" to null' : ''}.`,
    });
  }
}

/** Why one partition was not inferred. */
export interface PartitionFailure {
  readonly key: string;
  readonly error: unknown;
}

/** Partitions that a message names: Step Functions cuts causes at 32,768 characters. */
const namedPartitions = 20;

/** Some partitions of a rank could not be inferred; the others were, and are written. */
export class PartitionsFailedError extends MusterError {
  readonly code = 'PARTITIONS_FAILED';
  override readonly retryable: boolean;

  constructor(rank: number, done: number, failures: readonly PartitionFailure[]) {
    const lines = failures.slice(0, namedPartitions).map(({ key, error }) => `  - ${key}: ${messageOf(error)}`);
    const unnamed = failures.length - lines.length;
    if (unnamed > 0) lines.push(`  - and ${unnamed} more, all named in the log of the rank`);
    super(`${failures.length} of ${done + failures.length} partitions of rank ${rank} failed:\n${lines.join('\n')}`, {
      rank,
      cause: failures[0].error,
    });
    this.retryable = failures.some(({ error }) => isRetryable(error));
  }
}

/** A script could not be loaded, or is not one. */
export class ScriptError extends MusterError {
  readonly code = 'SCRIPT';

  constructor(script: string, fault: string, cause?: unknown) {
    super(`The script ${script} ${fault}.`, {
      remedy: 'A script is a JS module with `export default async function run(ctx) { ... }`.',
      cause,
    });
  }
}

/** A script asked for the communicator of a run without collectives. */
export class NoCollectivesError extends MusterError {
  readonly code = 'NO_COLLECTIVES';

  constructor(rank: number, reason: string) {
    super(`The ranks of this run cannot talk to each other: ${reason}.`, {
      rank,
      remedy: 'Set "collectives" to "auto" in the payload, or to "storage", which needs nothing but S3.',
    });
  }
}

/** A script asked for the model of a run that has none. */
export class NoModelError extends MusterError {
  readonly code = 'NO_MODEL';

  constructor(rank: number) {
    super('The run has no model.', {
      rank,
      remedy: 'Put one .onnx under "S3_object_name", or name its key as "model".',
    });
  }
}

/** A name that a script gave to a result, or a key that it asked for, lies outside the run's own prefixes. */
export class OutsideRunError extends MusterError {
  readonly code = 'OUTSIDE_RUN';

  constructor(what: string, allowed: readonly string[]) {
    super(`${what} lies outside what this run may touch (${allowed.join(', ')}).`);
  }
}

/** A script gave `saveResult` something that JSON cannot hold. */
export class UnsavableResultError extends MusterError {
  readonly code = 'UNSAVABLE_RESULT';

  constructor(name: string, cause: unknown) {
    super(`The result ${JSON.stringify(name)} cannot be saved as JSON: ${messageOf(cause)}.`, {
      cause,
      remedy: 'Save bytes as a Uint8Array, text as a string, and numbers beyond 2^53 as text.',
    });
  }
}

/** The other ranks were not there in time for the barrier; the work began without it. */
export class BarrierMissedError extends MusterError {
  readonly code = 'BARRIER_MISSED';

  constructor(rank: number, waitedMs: number) {
    super(`The ranks had not all come ${Math.round(waitedMs)} ms after rank ${rank}; it began without the barrier.`, {
      rank,
      remedy: 'Look at the ranks that came late or not at all.',
    });
  }
}

/** Whether a new attempt may succeed: our own errors know; anything unforeseen is given another chance. */
export function isRetryable(error: unknown): boolean {
  return error instanceof MusterError ? error.retryable : true;
}
