import type { IncomingMessage } from 'node:http';
import { isSha256 } from '../sigv4.js';
import { AwsChunkedDecoder } from './awsChunked.js';
import {
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumHeader,
  checksumLength,
  createDigest,
  hashDigest,
} from './checksum.js';
import { ClientGoneError, S3Error } from './errors.js';

/** The body of a request, with everything that its headers promise about it. */
export interface Payload {
  message: IncomingMessage;
  /** Bytes of data, without the framing of aws-chunked. */
  length: number;
  isChunked: boolean;
  /** As signed: digits to compare with, or a word that says that there are none. */
  signedSha256: string;
  contentMd5?: Buffer;
  /** Promised in the header, or (without a value) for the trailer. */
  checksum?: { algorithm: ChecksumAlgorithm; value?: Buffer };
}

export interface VerifiedDigests {
  md5: Buffer;
  checksum?: Checksum;
}

const maxPutBytes = 5 * 1024 ** 3;

/**
 * Reads what the headers say about the body, but for its checksum.
 *
 * @throws S3Error MissingContentLength, EntityTooLarge, InvalidDigest
 */
export function readPayloadHeaders(
  message: IncomingMessage,
  headers: ReadonlyMap<string, string>,
  signedSha256: string,
): Payload {
  const isChunked = signedSha256.startsWith('STREAMING-');
  const stated = isChunked ? headers.get('x-amz-decoded-content-length') : headers.get('content-length');
  if (stated === undefined || !/^\d{1,15}$/.test(stated)) throw new S3Error('MissingContentLength');
  const length = Number(stated);
  if (length > maxPutBytes) {
    throw new S3Error('EntityTooLarge', { details: { ProposedSize: stated, MaxSizeAllowed: String(maxPutBytes) } });
  }
  return {
    message,
    length,
    isChunked,
    signedSha256,
    contentMd5: decodeDigest(headers.get('content-md5'), 16, 'Content-MD5'),
  };
}

/**
 * Hands the data of a body to `sink`, chunk by chunk, and verifies length and every promised digest. One pass; what is
 * not asked for is not computed.
 *
 * @param wanted a checksum to compute when the client promised none
 * @throws S3Error IncompleteBody, BadDigest, XAmzContentSHA256Mismatch; ClientGoneError
 */
export async function receivePayload(
  payload: Payload,
  sink: (chunk: Buffer) => Promise<void> | undefined,
  wanted?: ChecksumAlgorithm,
): Promise<VerifiedDigests> {
  const algorithm = payload.checksum?.algorithm ?? wanted;
  const md5 = hashDigest('MD5');
  const checksum = algorithm && createDigest(algorithm);
  const sha256 = isSha256(payload.signedSha256) ? hashDigest('SHA256') : undefined;
  const decoder = payload.isChunked ? new AwsChunkedDecoder() : undefined;
  let received = 0;
  for await (const chunk of readData(payload.message, decoder)) {
    received += chunk.length;
    if (received > payload.length) throw incompleteBody(payload.length, received);
    md5.update(chunk);
    checksum?.update(chunk);
    sha256?.update(chunk);
    const ready = sink(chunk);
    if (ready) await ready;
  }
  if (received !== payload.length || decoder?.isComplete === false) throw incompleteBody(payload.length, received);
  const digests = { md5: await md5.digest(), checksum: await checksum?.digest() };
  if (sha256 && (await sha256.digest()).toString('hex') !== payload.signedSha256) {
    throw new S3Error('XAmzContentSHA256Mismatch');
  }
  if (payload.contentMd5 && !payload.contentMd5.equals(digests.md5)) {
    throw new S3Error('BadDigest', { message: 'The Content-MD5 you specified did not match what we received.' });
  }
  if (!algorithm || !digests.checksum) return { md5: digests.md5 };
  const promised = payload.checksum && (payload.checksum.value ?? trailingChecksum(algorithm, decoder));
  if (promised && !promised.equals(digests.checksum)) {
    throw new S3Error('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  const value = digests.checksum.toString('base64');
  return { md5: digests.md5, checksum: { algorithm, type: 'FULL_OBJECT', value } };
}

async function* readData(message: IncomingMessage, decoder: AwsChunkedDecoder | undefined): AsyncGenerator<Buffer> {
  try {
    // The stream must outlive a refused body: what is left of it is drained while the error is answered.
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      if (decoder) yield* decoder.decode(chunk);
      else yield chunk;
    }
  } catch (error) {
    throw error instanceof S3Error ? error : new ClientGoneError(error);
  }
}

/**
 * Reads what the headers promise of the checksum of the body.
 *
 * @throws S3Error InvalidRequest, InvalidDigest
 */
export function readPromisedChecksum(headers: ReadonlyMap<string, string>): Payload['checksum'] {
  const given = checksumAlgorithms.filter((algorithm) => headers.has(checksumHeader(algorithm)));
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  if (given.length + (trailer ? 1 : 0) > 1) {
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  if (trailer) {
    const algorithm = checksumAlgorithms.find((candidate) => checksumHeader(candidate) === trailer);
    if (algorithm) return { algorithm };
    throw new S3Error('InvalidRequest', {
      message: `The value specified in the x-amz-trailer header, ${trailer}, is not supported`,
    });
  }
  if (given.length === 1) {
    const [algorithm] = given;
    const name = checksumHeader(algorithm);
    return { algorithm, value: decodeDigest(headers.get(name), checksumLength[algorithm], name) };
  }
  if (headers.has('x-amz-sdk-checksum-algorithm')) {
    throw new S3Error('InvalidRequest', {
      message:
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    });
  }
  return undefined;
}

function trailingChecksum(algorithm: ChecksumAlgorithm, decoder: AwsChunkedDecoder | undefined): Buffer {
  const name = checksumHeader(algorithm);
  const value = decodeDigest(decoder?.trailers.get(name), checksumLength[algorithm], name);
  if (value) return value;
  throw new S3Error('InvalidRequest', {
    message: `The body ended without the trailer ${name} that x-amz-trailer announced.`,
  });
}

/** @throws S3Error InvalidDigest when the text is not the base64 form of so many bytes */
export function decodeDigest(text: string | undefined, length: number, name: string): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === length && bytes.toString('base64') === text) return bytes;
  throw new S3Error('InvalidDigest', { message: `The value of ${name} is not the base64 form of ${length} bytes.` });
}

function incompleteBody(expected: number, received: number): S3Error {
  return new S3Error('IncompleteBody', {
    details: { NumberBytesExpected: String(expected), NumberBytesProvided: String(received) },
  });
}
