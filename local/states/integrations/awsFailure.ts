import { messageOf } from '../../../run/errors.js';
import { StateFailure } from '../errors.js';

/** What an AWS client's error says of the call. */
interface ServiceError extends Error {
  $metadata: { httpStatusCode?: number; requestId?: string };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && '$metadata' in error && '$fault' in error;
}

/**
 * The failure that an AWS client's error is in a state machine: `Service.NameException` for an answer of the service,
 * `Service.SdkClientException` where no answer came.
 *
 * @param generic name of an error of the service that has no name of its own
 */
export function awsFailure(error: unknown, service: 'Lambda' | 'S3', generic: string): StateFailure {
  if (!isServiceError(error) || error.$metadata.httpStatusCode === undefined) {
    return new StateFailure(
      `${service}.SdkClientException`,
      `Unable to execute HTTP request: ${messageOf(error)}`,
      error,
    );
  }
  const { httpStatusCode, requestId } = error.$metadata;
  const named =
    /^[A-Za-z]+$/.test(error.name) && !['Error', 'Unknown', 'UnknownError', 'ServiceException'].includes(error.name);
  const name = named ? `${error.name.replace(/Exception$/, '')}Exception` : generic;
  const cause = `${error.message} (Service: ${service}, Status Code: ${httpStatusCode}, Request ID: ${requestId ?? 'none'})`;
  return new StateFailure(`${service}.${name}`, cause, error);
}
