import { MusterError } from '../../run/errors.js';

/** An error that the embedded CloudWatch Logs answers in the awsJson1.1 shape of the real service. */
export abstract class LogsApiError extends MusterError {
  readonly status: number = 400;

  /** Members of the answer beside `__type` and `message`. */
  details(): object {
    return {};
  }
}

/** The log group, log stream or query does not exist. */
export class ResourceNotFoundError extends LogsApiError {
  readonly code = 'ResourceNotFoundException';
}

/** The log group or log stream exists already. */
export class ResourceAlreadyExistsError extends LogsApiError {
  readonly code = 'ResourceAlreadyExistsException';
}

/** A parameter is missing, unknown, or outside of what the service accepts. */
export class InvalidParameterError extends LogsApiError {
  readonly code = 'InvalidParameterException';
}

/** No operation of the embedded service has this name. */
export class UnknownOperationError extends LogsApiError {
  readonly code = 'UnknownOperationException';
}

/** A query that is not in the supported part of the Logs Insights language. */
export class MalformedQueryError extends LogsApiError {
  readonly code = 'MalformedQueryException';
  /** Place of the fault: offsets of characters in the query, the end exclusive. */
  readonly location: { readonly start: number; readonly end: number };

  constructor(message: string, query: string, start: number, end: number) {
    const line = query.slice(0, start).split('\n').length;
    const column = start - query.lastIndexOf('\n', start - 1);
    const text = query.slice(start, end);
    super(`${message} at line ${line}, column ${column}${text.trim() === '' ? '' : ` ("${text}")`}.`);
    this.location = { start, end };
  }

  override details(): object {
    const { start, end } = this.location;
    return { queryCompileError: { location: { startCharOffset: start, endCharOffset: end }, message: this.message } };
  }
}

/** The embedded service itself failed. */
export class ServiceUnavailableError extends LogsApiError {
  readonly code = 'ServiceUnavailableException';
  override readonly status = 500;
}
