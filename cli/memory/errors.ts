import { MusterError } from '../../run/errors.js';

/** Runs under way use the executor in a way that a change would reach. */
export class ExecutorInUseError extends MusterError {
  readonly code = 'EXECUTOR_IN_USE';

  constructor(runIds: readonly string[], what: string) {
    const named = runIds.slice(0, 5).join(', ');
    const more = runIds.length > 5 ? `, and ${runIds.length - 5} more` : '';
    super(`${what}: ${named}${more}.`, { remedy: 'Wait until they have ended ("muster list"), or stop them.' });
  }
}

/** The executor's configuration is not what Muster deployed, or does not come to rest. */
export class ExecutorConfigurationError extends MusterError {
  readonly code = 'EXECUTOR_CONFIGURATION';
}

/** The executor has no version of a memory size. */
export class MemoryNotFoundError extends MusterError {
  readonly code = 'MEMORY_NOT_FOUND';

  constructor(memoryMb: number, functionName: string) {
    super(`${functionName} has no version with ${memoryMb} MB.`, {
      remedy: 'See those there are with "muster memory list".',
    });
  }
}
