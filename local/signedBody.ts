import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MusterError } from '../run/errors.js';
import { readBody } from './requestBody.js';
import { type Credentials, type SignatureFault, verifyRequest } from './sigv4.js';

/** A request that is not signed as it should be. All of them are answered with status 403. */
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

export interface SignedBodyOptions {
  readonly credentials: Credentials;
  /** Service of the credential scope, such as `lambda`. */
  readonly service: string;
  readonly limitBytes: number;
}

/**
 * Reads the whole body of a request to one of the JSON services and checks the signature over it.
 *
 * @throws RequestRefusedError, BodyTooLongError
 */
export async function readSignedBody(
  request: IncomingMessage,
  { credentials, service, limitBytes }: SignedBodyOptions,
): Promise<Buffer> {
  const body = await readBody(request, limitBytes);
  if (body === undefined) throw new BodyTooLongError(limitBytes);
  const bodySha256 = createHash('sha256').update(body).digest('hex');
  const signature = verifyRequest(request, { credentials, bodySha256 });
  if (!signature.ok) throw new RequestRefusedError(exceptionOf(signature.fault), signature.message);
  if (signature.service !== service)
    throw new RequestRefusedError(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${service}', not '${signature.service}'.`,
    );
  return body;
}

function exceptionOf(fault: SignatureFault): string {
  switch (fault) {
    case 'missing':
      return 'MissingAuthenticationTokenException';
    case 'malformed':
    case 'unsupportedAlgorithm':
    case 'headersNotSigned':
      return 'IncompleteSignatureException';
    case 'unknownAccessKey':
      return 'UnrecognizedClientException';
    case 'clockSkew':
    case 'notYetValid':
    case 'expired':
    case 'payloadMismatch':
    case 'mismatch':
      return 'InvalidSignatureException';
  }
}
