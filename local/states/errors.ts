import { MusterError } from '../../run/errors.js';
import type { Json } from './json.js';

/** Names of the exceptions that the API answers with, as the AWS SDKs know them. */
export type StatesApiErrorCode =
  | 'ConflictException'
  | 'ExecutionAlreadyExists'
  | 'ExecutionDoesNotExist'
  | 'InternalFailure'
  | 'InvalidArn'
  | 'InvalidDefinition'
  | 'InvalidExecutionInput'
  | 'InvalidName'
  | 'InvalidToken'
  | 'ResourceNotFound'
  | 'SerializationException'
  | 'StateMachineAlreadyExists'
  | 'StateMachineDeleting'
  | 'StateMachineDoesNotExist'
  | 'StateMachineTypeNotSupported'
  | 'UnknownOperationException'
  | 'ValidationException';

/** A request that the service refuses; `code` is the name of the exception that an SDK raises. */
export class StatesApiError extends MusterError {
  readonly code: StatesApiErrorCode;

  constructor(code: StatesApiErrorCode, message: string, remedy?: string) {
    super(message, { remedy });
    this.code = code;
  }
}

/** One thing that is wrong with a definition. */
export interface DefinitionFault {
  /** Kind of the fault, as `ValidateStateMachineDefinition` reports it. */
  code: 'INVALID_JSON_DESCRIPTION' | 'SCHEMA_VALIDATION_FAILED' | 'MISSING_TRANSITION_TARGET' | 'DUPLICATE_STATE_NAME';
  /** JSON pointer to the field, such as `/States/Execute/Retry/0/MaxAttempts`. */
  location: string;
  message: string;
}

/** A definition that the service refuses; its message lists every fault. */
export class InvalidDefinitionError extends StatesApiError {
  readonly faults: readonly DefinitionFault[];

  constructor(faults: readonly DefinitionFault[]) {
    const list = faults.map(({ code, location, message }) => `${code}: ${message} at ${location || '/'}`);
    super('InvalidDefinition', `Invalid State Machine Definition: '${list.join(', ')}'`);
    this.faults = faults;
  }
}

/**
 * An error inside an execution: what `Retry` and `Catch` see. `errorName` is the error name of the States Language
 * (`States.Timeout`, or the error type that a Lambda function raised).
 */
export class StateFailure extends MusterError {
  readonly code = 'STATE_FAILURE';
  readonly errorName: string;
  readonly causeText: string;

  constructor(errorName: string, causeText: string, cause?: unknown) {
    super(`${errorName}: ${causeText}`, { cause });
    this.errorName = errorName;
    this.causeText = causeText;
  }

  /** The error output that a catcher receives. */
  toOutput(): { [key: string]: Json } {
    return { Error: this.errorName, Cause: this.causeText };
  }
}

/** An expression that could not be evaluated; recorded as an `EvaluationFailed` event before it fails the state. */
export class EvaluationFailure extends StateFailure {
  /** Field of the state that held the expression. */
  readonly location: string;

  constructor(errorName: string, causeText: string, location: string, cause?: unknown) {
    super(errorName, causeText, cause);
    this.location = location;
  }
}

/** An expression whose text is wrong, found when a definition is checked. */
export class ExpressionSyntaxError extends MusterError {
  readonly code = 'EXPRESSION_SYNTAX';
}

/** A file under the service's directory that cannot be read back. */
export class CorruptJournalError extends MusterError {
  readonly code = 'CORRUPT_JOURNAL';

  constructor(path: string, line: number, cause: unknown) {
    super(`${path}: line ${line} is not a record of the embedded Step Functions.`, {
      remedy: 'Remove the directory of the embedded cloud to start afresh.',
      cause,
    });
  }
}
