import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BodyTooLongError, RequestRefusedError } from './errors.js';
import { readBody } from './requestBody.js';
import { type Credentials, type SignatureFault, verifyRequest } from './sigv4.js';

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
