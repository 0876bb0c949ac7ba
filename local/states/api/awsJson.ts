import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../run/errors.js';
import { BodyTooLongError, RequestRefusedError } from '../../errors.js';
import { readSignedBody } from '../../signedBody.js';
import type { Credentials } from '../../sigv4.js';
import { StatesApiError } from '../errors.js';

/** Largest request; a definition may have 1 MiB, and JSON escapes double that. */
const maximumRequestBytes = 4 * 2 ** 20;
const targetPrefix = 'AWSStepFunctions.';

/** Name of the operation that a request asks for. @throws StatesApiError UnknownOperationException */
export function operationName({ method, headers }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  if (method === 'POST' && typeof target === 'string' && target.startsWith(targetPrefix)) {
    return target.slice(targetPrefix.length);
  }
  throw new StatesApiError(
    'UnknownOperationException',
    `A request to Step Functions is a POST with the header x-amz-target: ${targetPrefix}<Operation>.`,
  );
}

/**
 * The JSON of a request whose signature is right.
 *
 * @throws RequestRefusedError, BodyTooLongError; StatesApiError SerializationException
 */
export async function readRequest(request: IncomingMessage, credentials: Credentials): Promise<unknown> {
  const body = await readSignedBody(request, { credentials, service: 'states', limitBytes: maximumRequestBytes });
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    throw new StatesApiError('SerializationException', `The request is not JSON: ${messageOf(error)}`);
  }
}

/** Answers with a result. */
export function sendResult(response: ServerResponse, result: object): void {
  send(response, 200, result);
}

/** Answers with an error as AWS SDKs read it. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof StatesApiError) {
    send(response, error.code === 'InternalFailure' ? 500 : 400, { __type: error.code, message: error.message });
  } else if (error instanceof RequestRefusedError) {
    send(response, error.status, { __type: error.code, message: error.message });
  } else if (error instanceof BodyTooLongError) {
    send(response, 413, { __type: 'RequestEntityTooLarge', message: error.message });
  } else send(response, 500, { __type: 'InternalFailure', message: messageOf(error) });
}

function send(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': bytes.length,
    'x-amzn-requestid': randomUUID(),
  });
  response.end(bytes);
}
