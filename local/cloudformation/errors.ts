import { MusterError } from '../../run/errors.js';
import { QueryError } from '../query/queryService.js';

/** Codes of the API that this service answers with. */
export type CloudFormationCode =
  | 'AlreadyExistsException'
  | 'ChangeSetNotFound'
  | 'InsufficientCapabilitiesException'
  | 'InternalFailure'
  | 'InvalidChangeSetStatus'
  | 'ValidationError';

/** An answer of CloudFormation that is an error. Their codes are the service's own. */
export class CloudFormationError extends QueryError {
  constructor(code: CloudFormationCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, options);
  }
}

/** A template that cannot be deployed here; lists every fault that can be seen without deploying. */
export class TemplateError extends CloudFormationError {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super('ValidationError', `Template error: ${faults.join('; ')}`);
    this.faults = faults;
  }
}

/** A file with stacks that is not as this version writes it. */
export class CorruptStackFileError extends MusterError {
  readonly code = 'CORRUPT_STACK_FILE';

  constructor(path: string, cause: unknown) {
    super(`${path} is not the record of a stack.`, {
      cause,
      remedy: 'Remove the file, and what the stack had made: its functions, buckets and state machines.',
    });
  }
}
