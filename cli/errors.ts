import { MusterError, messageOf } from '../run/errors.js';

/** The command line asks for something that does not exist; exit status 2. */
export class UsageError extends MusterError {
  readonly code = 'USAGE';
}

/** Ctrl-C, SIGTERM or a closed pipe ended the command before it was done; exit status 130, 143 or 141. */
export class InterruptedError extends MusterError {
  readonly code = 'INTERRUPTED';

  constructor() {
    super('Interrupted.');
  }
}

/** A file that the command was given cannot be read. */
export class UnreadableInputError extends MusterError {
  readonly code = 'UNREADABLE_INPUT';

  constructor(name: string, reason: string, cause?: unknown) {
    super(`${name}: ${reason}`, { cause });
  }
}

/** `dist/` does not hold what the embedded cloud runs. */
export class NotBuiltError extends MusterError {
  readonly code = 'NOT_BUILT';

  constructor(missing: string) {
    super(`${missing} is missing.`, { remedy: 'Build it with "npm run build".' });
  }
}

/** A state directory can be used by one embedded cloud at a time. */
export class CloudInUseError extends MusterError {
  readonly code = 'CLOUD_IN_USE';

  constructor(directory: string, pid: number) {
    super(`An embedded cloud (process ${pid}) already uses ${directory}.`, {
      remedy: 'Use it as it is, end it with "muster down", or name another place with --directory.',
    });
  }
}

/** A process holds the state directory but does not answer. */
export class CloudHangsError extends MusterError {
  readonly code = 'CLOUD_HANGS';

  constructor(directory: string, pid: number, waitedMs: number) {
    super(`The embedded cloud (process ${pid}) of ${directory} did not answer within ${waitedMs / 1000} s.`, {
      remedy: `If that process hangs, end it ("kill ${pid}") and try again.`,
    });
  }
}

/** There is no embedded cloud to end. */
export class CloudNotRunningError extends MusterError {
  readonly code = 'CLOUD_NOT_RUNNING';

  constructor(directory: string) {
    super(`No embedded cloud runs on ${directory}.`, { remedy: 'Start one with "muster up".' });
  }
}

/** The embedded cloud ended while a command worked with it. */
export class CloudEndedError extends MusterError {
  readonly code = 'CLOUD_ENDED';

  constructor(message: string) {
    super(message, {
      remedy: 'Runs that it did not finish are listed as ABORTED and keep what their ranks wrote; start them again.',
    });
  }
}

/** The embedded cloud could not start or end. */
export class CloudStartError extends MusterError {
  readonly code = 'CLOUD_START';
}

/** A file of the state directory cannot be read, or holds something else than Muster wrote. */
export class StateFileError extends MusterError {
  readonly code = 'STATE_FILE';

  constructor(path: string, reason: string, remedy = 'Remove the file; it is made anew.') {
    super(`${path}: ${reason}.`, { remedy });
  }
}

/** No deployed stack or state machine was found. */
export class StackNotFoundError extends MusterError {
  readonly code = 'STACK_NOT_FOUND';
}

/** A stack is there, but runs cannot be started on it. */
export class StackNotReadyError extends MusterError {
  readonly code = 'STACK_NOT_READY';
}

/** A state machine is not the one of Muster. */
export class StackDefinitionError extends MusterError {
  readonly code = 'STACK_DEFINITION';

  constructor(stateMachineArn: string, faults: string) {
    super(`${stateMachineArn} is not the state machine of Muster:\n${faults}\n`, {
      remedy: 'Name the one whose definition is statemachine/inference.asl.json.',
    });
  }
}

/** No run of that name exists, or none at all. */
export class RunNotFoundError extends MusterError {
  readonly code = 'RUN_NOT_FOUND';

  constructor(runId?: string) {
    if (runId === undefined) super('There are no runs yet.', { remedy: 'Start one with "muster run".' });
    else super(`There is no run "${runId}".`, { remedy: 'See the runs with "muster list".', runId });
  }
}

/** A run has already ended, so nothing can be done to it any more. */
export class RunEndedError extends MusterError {
  readonly code = 'RUN_ENDED';

  constructor(runId: string, status: string) {
    super(`Run ${runId} has already ended: ${status}.`, { runId });
  }
}

/** The execution was stopped, but its executors could not be told, so that they work on. */
export class StopIncompleteError extends MusterError {
  readonly code = 'STOP_INCOMPLETE';

  constructor(runId: string, cause: unknown) {
    super(
      `Run ${runId} is stopped, but its executors could not be told and work to the end of their share: ${messageOf(cause)}`,
      { runId, cause, remedy: 'Stop it again; who does so must be allowed to invoke the release function.' },
    );
  }
}

/** A parameter of SSM that a rendezvous host and its stack share. */
export class HostParameterError extends MusterError {
  readonly code = 'HOST_PARAMETER';

  constructor(name: string, intent: 'read' | 'written', fault: string, cause: unknown) {
    super(`The SSM parameter ${name} could not be ${intent}: ${fault}.`, {
      cause,
      remedy: 'The deployment makes it; the role of the host must be allowed to use it.',
    });
  }
}

/** A name of a run that is taken or that Step Functions would not take. */
export class RunNameError extends MusterError {
  readonly code = 'RUN_NAME';
}

/** The rank or its log does not exist. */
export class LogNotFoundError extends MusterError {
  readonly code = 'LOG_NOT_FOUND';
}

/** A bucket that an upload names does not exist. */
export class BucketNotFoundError extends MusterError {
  readonly code = 'BUCKET_NOT_FOUND';

  constructor(bucket: string) {
    super(`There is no bucket "${bucket}".`, { remedy: 'Check the name, or make it with --create-bucket.' });
  }
}

/** Files that could not be copied to or from S3; lists every one. */
export class TransferError extends MusterError {
  readonly code = 'TRANSFER';

  constructor(
    direction: 'uploaded' | 'downloaded',
    failures: readonly { readonly name: string; readonly reason: string }[],
  ) {
    const lines = failures.map(({ name, reason }) => `  - ${name}: ${reason}`);
    super(`${failures.length} of the files could not be ${direction}:\n${lines.join('\n')}\n`, {
      remedy: 'Run the same command again: what is there already is skipped.',
    });
  }
}

/** A place that is to hold a dataset's partitions holds others already. */
export class PartsPresentError extends MusterError {
  readonly code = 'PARTS_PRESENT';

  constructor(place: string, names: readonly string[], resuming: boolean) {
    const some = names.slice(0, 5).join(', ');
    super(`${place} already holds partitions: ${some}${names.length > 5 ? `, and ${names.length - 5} more` : ''}.`, {
      remedy: resuming
        ? 'They are not of this split, or not complete; remove them or choose another --out.'
        : 'Choose another --out, or go on with an interrupted split by --resume.',
    });
  }
}

/** A benchmark that could not be carried through. */
export class BenchmarkError extends MusterError {
  readonly code = 'BENCHMARK';

  constructor(channel: string, ranks: number, what: string, fault: string) {
    super(`The benchmark of ${channel} with ${ranks} ranks failed at ${what}: ${fault}.`);
  }
}
