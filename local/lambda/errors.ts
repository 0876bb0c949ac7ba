import { MusterError, type MusterErrorOptions, messageOf } from '../../run/errors.js';

/** An error that the embedded Lambda answers in the JSON shape of the real service. */
export abstract class LambdaApiError extends MusterError {
  /** HTTP status of the answer. */
  abstract readonly status: number;

  /** The JSON document of the answer. */
  toBody(): Record<string, string> {
    return { Type: this.status < 500 ? 'User' : 'Service', Message: this.message };
  }
}

/** The function, or the version of it that was asked for, does not exist. */
export class ResourceNotFoundError extends LambdaApiError {
  readonly code = 'ResourceNotFoundException';
  readonly status = 404;
}

/** A parameter is outside of what the service accepts. */
export class InvalidParameterValueError extends LambdaApiError {
  readonly code = 'InvalidParameterValueException';
  readonly status = 400;
}

/** The event of an invocation is not JSON. */
export class InvalidRequestContentError extends LambdaApiError {
  readonly code = 'InvalidRequestContentException';
  readonly status = 400;
}

/** The event of an invocation is longer than its limit. */
export class RequestTooLargeError extends LambdaApiError {
  readonly code = 'RequestTooLargeException';
  readonly status = 413;
}

/** The revision that the caller saw is not the current one any more. */
export class PreconditionFailedError extends LambdaApiError {
  readonly code = 'PreconditionFailedException';
  readonly status = 412;
}

/** What is to be made is there already, or is still needed by something else. */
export class ResourceConflictError extends LambdaApiError {
  readonly code = 'ResourceConflictException';
  readonly status = 409;
}

/** No operation has this method and path. */
export class UnknownOperationError extends LambdaApiError {
  readonly code = 'UnknownOperationException';
  readonly status = 404;
}

/** The embedded service itself failed, or is closing. */
export class ServiceError extends LambdaApiError {
  readonly code = 'ServiceException';
  readonly status = 500;
}

/** Why an invocation was throttled, by the names of the real service. */
export type ThrottleReason = 'ConcurrentInvocationLimitExceeded' | 'ReservedFunctionConcurrentInvocationLimitExceeded';

/** No concurrency is free for the invocation. */
export class TooManyRequestsError extends LambdaApiError {
  readonly code = 'TooManyRequestsException';
  readonly status = 429;
  override readonly retryable = true;
  readonly reason: ThrottleReason;

  constructor(reason: ThrottleReason) {
    super('Rate Exceeded.');
    this.reason = reason;
  }

  override toBody(): Record<string, string> {
    return { Reason: this.reason, Type: 'User', message: this.message };
  }
}

/** The built runtime of the embedded Lambda is not where it should be. */
export class BootstrapMissingError extends MusterError {
  readonly code = 'BOOTSTRAP_MISSING';

  constructor(tried: readonly string[]) {
    super(`The Lambda runtime of the embedded cloud was not found at ${tried.join(' or ')}.`, {
      remedy: 'Run "npm run build" first.',
    });
  }
}

/** A file that keeps a function is not as this version writes it. */
export class CorruptFunctionRecordError extends MusterError {
  readonly code = 'CORRUPT_FUNCTION_RECORD';

  constructor(path: string, cause: unknown) {
    super(`${path} is not the record of a Lambda function: ${messageOf(cause)}`, {
      cause,
      remedy: 'Remove the file; the function, if it is not one of the embedded cloud itself, must be deployed again.',
    });
  }
}

/** Definitions of functions that cannot be served; lists every fault. */
export class InvalidFunctionDefinitionError extends MusterError {
  readonly code = 'INVALID_FUNCTION_DEFINITION';
  readonly faults: readonly string[];

  constructor(faults: readonly string[], options: MusterErrorOptions = {}) {
    super(`The function definitions have ${faults.length} fault(s): ${faults.join('; ')}.`, options);
    this.faults = faults;
  }
}
