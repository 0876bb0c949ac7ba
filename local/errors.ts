import { MusterError } from '../run/errors.js';

/** A request to one of the JSON services that is not signed as it should be; all are answered with status 403. */
export class RequestRefusedError extends MusterError {
  /** Name of the exception in the JSON protocols of AWS. */
  readonly code: string;
  readonly status = 403;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A request whose body is longer than its service takes. */
export class BodyTooLongError extends MusterError {
  readonly code = 'BODY_TOO_LONG';
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`The body of the request is longer than ${limitBytes} bytes.`);
    this.limitBytes = limitBytes;
  }
}

/** A `serverless.yml` that the embedded cloud cannot serve; lists every fault. */
export class ServerlessConfigError extends MusterError {
  readonly code = 'SERVERLESS_CONFIG';
  /** Each starts with the place, such as `functions.executor.timeout`. */
  readonly faults: readonly string[];

  constructor(file: string, faults: readonly string[]) {
    super(`${file} has ${faults.length} fault(s) for the embedded cloud: ${faults.join('; ')}.`, {
      remedy: 'Correct the file, or give the parameters and variables that it names.',
    });
    this.faults = faults;
  }
}
