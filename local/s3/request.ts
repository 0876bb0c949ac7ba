import type { IncomingMessage } from 'node:http';
import type { VerifiedSignature } from '../sigv4.js';
import { S3Error } from './errors.js';
import { type Payload, readPayloadHeaders, readPromisedChecksum, receivePayload } from './payload.js';
import { parseTarget, type Target } from './target.js';

/** Enough for the longest document of S3: 10,000 parts with checksums, or 1,000 keys of 1,024 bytes. */
const maxDocumentBytes = 8 * 1024 * 1024;

/** Query parameters that carry a signature and nothing else. */
const signatureParameters = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);

/**
 * Checksums of the payload that stand in the query of a presigned URL. S3 does not look at them, which matters: the
 * JavaScript SDK writes the checksum of an empty body there, whatever is uploaded later.
 *
 * Source: Amazon S3 User Guide, "Download and upload objects with presigned URLs".
 */
const presignedChecksum = /^x-amz-(sdk-checksum-algorithm|checksum-(crc32|crc32c|crc64nvme|sha1|sha256))$/;

/** A request to S3 whose signature has been verified. */
export class S3Request {
  readonly message: IncomingMessage;
  readonly method: string;
  readonly target: Target;
  /** Lower-case names; of a presigned URL also the `x-amz-*` headers that were moved into its query. */
  readonly headers: ReadonlyMap<string, string>;
  /** Query parameters that are neither headers nor the signature. */
  readonly query: ReadonlyMap<string, string>;
  readonly #payloadSha256: string;

  constructor(message: IncomingMessage, signature: VerifiedSignature) {
    this.message = message;
    this.method = message.method ?? 'GET';
    this.target = parseTarget(message.url ?? '/');
    this.#payloadSha256 = signature.payloadSha256;
    const headers = new Map<string, string>();
    const query = new Map<string, string>();
    for (const [name, value] of this.target.query) {
      const lower = name.toLowerCase();
      if (!lower.startsWith('x-amz-')) query.set(name, value);
      else if (!signatureParameters.has(lower) && !presignedChecksum.test(lower)) headers.set(lower, value);
    }
    for (const [name, value] of Object.entries(message.headers)) {
      if (value !== undefined) headers.set(name, typeof value === 'string' ? value : value.join(','));
    }
    this.headers = headers;
    this.query = query;
  }

  get bucket(): string {
    if (this.target.bucket === undefined) throw new S3Error('MethodNotAllowed');
    return this.target.bucket;
  }

  get key(): string {
    if (this.target.key === undefined) throw new S3Error('MethodNotAllowed');
    return this.target.key;
  }

  /**
   * A number in the query.
   *
   * @throws S3Error InvalidArgument unless it is a whole number from `min` to `max`
   */
  integer(name: string, { min, max }: { min: number; max: number }): number | undefined {
    const text = this.query.get(name);
    return text === undefined ? undefined : parseInteger(name, text, { min, max });
  }

  payload(): Payload {
    return { ...this.payloadOnly(), checksum: readPromisedChecksum(this.headers) };
  }

  /** The body of a request whose checksum headers are about an object, not about the body. */
  payloadOnly(): Payload {
    return readPayloadHeaders(this.message, this.headers, this.#payloadSha256);
  }

  /** The body as a document, verified like any body. Empty when there is none. */
  async document(): Promise<string> {
    const hasBody = this.headers.has('content-length') || this.headers.has('transfer-encoding');
    return hasBody ? readDocument(this.payload()) : '';
  }
}

/** Reads a body that is a document. */
export async function readDocument(payload: Payload): Promise<string> {
  if (payload.length > maxDocumentBytes) throw new S3Error('MalformedXML');
  const chunks: Buffer[] = [];
  await receivePayload(payload, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws S3Error InvalidArgument unless the text is a whole number from `min` to `max` */
export function parseInteger(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalidArgument(name, text, `${name} must be a whole number from ${min} to ${max}`);
}

export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', { message, details: { ArgumentName: name, ArgumentValue: value } });
}
