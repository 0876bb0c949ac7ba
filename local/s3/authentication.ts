import type { IncomingMessage } from 'node:http';
import { type Credentials, type RefusedSignature, type VerifiedSignature, verifyRequest } from '../sigv4.js';
import { S3Error } from './errors.js';

/**
 * Lets a request in when it is signed, for S3, with the one key pair.
 *
 * @throws S3Error AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed and the like
 */
export function authenticate(message: IncomingMessage, credentials: Credentials): VerifiedSignature {
  const signature = verifyRequest(message, { credentials });
  if (!signature.ok) throw refusal(signature, message);
  if (signature.service !== 's3') {
    throw new S3Error('AuthorizationHeaderMalformed', {
      message: `The authorization header is malformed; incorrect service "${signature.service}". This endpoint belongs to "s3".`,
    });
  }
  if (signature.form === 'header' && message.headers['x-amz-content-sha256'] === undefined) {
    throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' });
  }
  if (
    !/^([0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-(UNSIGNED-PAYLOAD|AWS4-HMAC-SHA256-PAYLOAD)(-TRAILER)?)$/.test(
      signature.payloadSha256,
    )
  ) {
    throw new S3Error('InvalidArgument', {
      message:
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      details: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: signature.payloadSha256 },
    });
  }
  return signature;
}

function refusal(
  { fault, message, stringToSign, canonicalRequest }: RefusedSignature,
  request: IncomingMessage,
): S3Error {
  switch (fault) {
    case 'missing':
    case 'notYetValid':
    case 'expired':
    case 'headersNotSigned':
      return new S3Error('AccessDenied', { message });
    case 'malformed':
      return new S3Error(
        request.headers.authorization === undefined
          ? 'AuthorizationQueryParametersError'
          : 'AuthorizationHeaderMalformed',
        { message },
      );
    case 'unsupportedAlgorithm':
      return new S3Error('InvalidRequest', { message });
    case 'unknownAccessKey':
      return new S3Error('InvalidAccessKeyId');
    case 'clockSkew':
      return new S3Error('RequestTimeTooSkewed');
    case 'payloadMismatch':
      return new S3Error('XAmzContentSHA256Mismatch');
    case 'mismatch':
      return new S3Error('SignatureDoesNotMatch', {
        details: { StringToSign: stringToSign ?? '', CanonicalRequest: canonicalRequest ?? '' },
      });
  }
}
