import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Parameter, readSignedParts, type SignedRequest, writeCanonicalRequest } from './sigv4CanonicalRequest.js';
import { parseAuthorization, parsePresignedQuery, type SignatureClaim, SignatureClaimFault } from './sigv4Claim.js';

/** The key pair that requests are signed with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export type { SignedRequest };

export interface VerifyOptions {
  credentials: Credentials;
  /** Hexadecimal SHA-256 of the body; needed only by services whose clients do not send `x-amz-content-sha256`. */
  bodySha256?: string;
  /** The current time in ms since 1970 (default: the clock). */
  nowMs?: number;
}

/** Why a request is not accepted. Each service spells these in its own error codes. */
export type SignatureFault =
  | 'missing'
  | 'malformed'
  | 'unsupportedAlgorithm'
  | 'unknownAccessKey'
  | 'clockSkew'
  | 'notYetValid'
  | 'expired'
  | 'headersNotSigned'
  | 'payloadMismatch'
  | 'mismatch';

export interface VerifiedSignature {
  ok: true;
  /** `header`: an `Authorization` header; `query`: a presigned URL. */
  form: 'header' | 'query';
  accessKeyId: string;
  /** Region and service of the credential scope: what the client believes that it talks to. */
  region: string;
  service: string;
  /**
   * The payload hash as signed: 64 hexadecimal digits, `UNSIGNED-PAYLOAD` or one of the `STREAMING-...` words. Unless
   * `bodySha256` was given, the caller must still compare digits with the body that arrives.
   */
  payloadSha256: string;
}

export interface RefusedSignature {
  ok: false;
  fault: SignatureFault;
  message: string;
  /** What this side computed, for error bodies that show it. Only with `mismatch`. */
  stringToSign?: string;
  canonicalRequest?: string;
}

const maxSkewMs = 15 * 60_000;
const emptySha256 = createHash('sha256').digest('hex');

/**
 * Checks the AWS Signature Version 4 of a request, in its header form or as a presigned URL (with its expiry).
 *
 * Of a streamed payload (`STREAMING-...`) this verifies the seed signature, which covers everything but the body. The
 * signatures of its chunks are not verified: what they add on a loopback interface is covered by the checksums.
 * A session token is part of the signature like any header, but is not looked up: the one key has no sessions.
 *
 * Source: AWS General Reference, "Create a signed AWS API request"; Amazon S3 API Reference, "Authenticating Requests".
 */
export function verifyRequest(request: SignedRequest, options: VerifyOptions): VerifiedSignature | RefusedSignature {
  const parts = readSignedParts(request);
  const { headers, parameters } = parts;
  let claim: SignatureClaim | undefined;
  try {
    claim = readClaim(headers, parameters);
  } catch (error) {
    if (error instanceof SignatureClaimFault) return { ok: false, fault: error.fault, message: error.message };
    throw error;
  }
  if (!claim) return { ok: false, fault: 'missing', message: 'The request carries no AWS signature.' };

  const fault = checkClaim(claim, headers, options);
  if (fault) return fault;
  const payloadSha256 = payloadHash(claim, headers, parameters, options.bodySha256);
  if (options.bodySha256 !== undefined && isSha256(payloadSha256) && payloadSha256 !== options.bodySha256) {
    return { ok: false, fault: 'payloadMismatch', message: 'x-amz-content-sha256 is not the SHA-256 of the body.' };
  }
  const canonicalRequest = writeCanonicalRequest(parts, claim, payloadSha256);
  const stringToSign = writeStringToSign(canonicalRequest, claim, 'latin1');
  const isSigned = (text: string) => isSignatureOf(text, claim, options.credentials.secretAccessKey);
  // Clients send what is not ASCII as UTF-8 or as latin1, but always sign the UTF-8 form. Node reads it as latin1.
  if (!isSigned(stringToSign) && !isSigned(writeStringToSign(canonicalRequest, claim, 'utf8'))) {
    const message = 'The signature that was computed differs from the one provided. Check the secret access key.';
    return { ok: false, fault: 'mismatch', message, stringToSign, canonicalRequest };
  }
  const { form, accessKeyId, region, service } = claim;
  return { ok: true, form, accessKeyId, region, service, payloadSha256 };
}

/** Whether a payload hash names the bytes of a body, rather than saying how they are sent. */
export function isSha256(payloadSha256: string): boolean {
  return /^[0-9a-f]{64}$/.test(payloadSha256);
}

function readClaim(headers: Map<string, string>, parameters: Parameter[]): SignatureClaim | undefined {
  const authorization = headers.get('authorization');
  const presigned = parameters.some(([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature');
  if (authorization !== undefined && presigned) {
    throw new SignatureClaimFault('malformed', 'A request is signed in its header or in its query, not in both.');
  }
  if (authorization !== undefined) return parseAuthorization(authorization, headers);
  if (presigned) return parsePresignedQuery(new Map(parameters));
  if (parameters.some(([name]) => name === 'AWSAccessKeyId')) {
    throw new SignatureClaimFault(
      'unsupportedAlgorithm',
      'URLs must be presigned by AWS4-HMAC-SHA256 (version 4), not 2.',
    );
  }
  return undefined;
}

function checkClaim(
  claim: SignatureClaim,
  headers: Map<string, string>,
  { credentials, nowMs = Date.now() }: VerifyOptions,
): RefusedSignature | undefined {
  const refuse = (fault: SignatureFault, message: string): RefusedSignature => ({ ok: false, fault, message });
  if (claim.accessKeyId !== credentials.accessKeyId) {
    return refuse('unknownAccessKey', `The access key ID ${claim.accessKeyId} does not exist in the local cloud.`);
  }
  if (claim.form === 'header' && Math.abs(nowMs - claim.signedAtMs) > maxSkewMs) {
    return refuse('clockSkew', 'The request was signed more than 15 minutes away from the time here.');
  }
  if (claim.form === 'query' && claim.signedAtMs - nowMs > maxSkewMs) {
    return refuse('notYetValid', 'The presigned URL is not valid yet.');
  }
  if (claim.form === 'query' && nowMs > claim.signedAtMs + claim.expiresS * 1000) {
    return refuse('expired', 'Request has expired');
  }
  const unsigned = [...headers.keys()].filter(
    (name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name),
  );
  if (!claim.signedHeaders.includes('host')) unsigned.push('host');
  if (unsigned.length > 0) {
    return refuse('headersNotSigned', `Headers that must be signed were not: ${unsigned.join(', ')}.`);
  }
  return undefined;
}

function payloadHash(
  claim: SignatureClaim,
  headers: Map<string, string>,
  parameters: Parameter[],
  bodySha256: string | undefined,
): string {
  const stated = headers.get('x-amz-content-sha256');
  if (stated !== undefined) return stated;
  if (claim.form === 'query' && claim.service === 's3') {
    return parameters.find(([name]) => name === 'X-Amz-Content-Sha256')?.[1] ?? 'UNSIGNED-PAYLOAD';
  }
  return bodySha256 ?? emptySha256;
}

function writeStringToSign(canonicalRequest: string, claim: SignatureClaim, encoding: 'latin1' | 'utf8'): string {
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const digest = createHash('sha256').update(canonicalRequest, encoding).digest('hex');
  return `AWS4-HMAC-SHA256\n${claim.timestamp}\n${scope}\n${digest}`;
}

function isSignatureOf(stringToSign: string, claim: SignatureClaim, secret: string): boolean {
  const { date, region, service, signature } = claim;
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request');
  return timingSafeEqual(hmac(key, stringToSign), Buffer.from(signature, 'hex'));
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
