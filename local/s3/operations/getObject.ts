import type { OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { evaluateRead, listsTag, type ReadConditions } from '../conditions.js';
import { objectHeaders, readResponseOverrides, responseOverrides, validatorHeaders } from '../description.js';
import { ClientGoneError, S3Error } from '../errors.js';
import type { Operation, OperationContext } from '../operation.js';
import { type ByteRange, parseRange } from '../range.js';
import type { Reply } from '../reply.js';
import type { S3Request } from '../request.js';
import type { ObjectManifest } from '../store/manifest.js';
import { readRange, readSmallRange } from '../store/objectReader.js';

/** Up to here a body is read at once and sent with its headers. */
const smallBytes = 256 * 1024;

async function getObject(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const object = store.bucket(request.bucket).object(request.key);
  await object.hold(async (manifest) => {
    const { status, headers, range } = answerTo(request, manifest);
    const size = range ? range.last - range.first + 1 : 0;
    if (!range || size === 0) {
      reply.head(status, headers).end();
    } else if (size <= smallBytes) {
      const body = await readSmallRange(store.files, manifest.segments, range);
      reply.head(status, headers).end(body);
    } else {
      const body = readRange(store.files, manifest.segments, range);
      const response = reply.head(status, headers);
      await pipeline(body, response).catch((error: unknown) => {
        throw response.req.socket.destroyed ? new ClientGoneError(error) : error;
      });
    }
  });
}

async function headObject(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { manifest } = store.bucket(request.bucket).object(request.key);
  const { status, headers } = answerTo(request, manifest);
  reply.head(status, headers).end();
}

interface Answer {
  status: 200 | 206 | 304;
  headers: OutgoingHttpHeaders;
  /** Bytes to send; none with 304. */
  range?: ByteRange;
}

/** Evaluates conditions and range. */
function answerTo(request: S3Request, object: ObjectManifest): Answer {
  const overrides = readResponseOverrides(request.query);
  if (evaluateRead(object, readConditions(request.headers)) === 'notModified') {
    return { status: 304, headers: validatorHeaders(object) };
  }
  const { size } = object;
  const range = parseRange(applicableRange(request.headers, object), size);
  if (range === 'unsatisfiable') throw invalidRange(request, size);
  // The checksum of the whole cannot be checked against a part of it.
  const withChecksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && !range;
  const headers = { ...objectHeaders(object, withChecksum), ...overrides };
  if (!range)
    return { status: 200, headers: { ...headers, 'content-length': size }, range: { first: 0, last: size - 1 } };
  const { first, last } = range;
  const length = { 'content-length': last - first + 1, 'content-range': `bytes ${first}-${last}/${size}` };
  return { status: 206, headers: { ...headers, ...length }, range };
}

function readConditions(headers: ReadonlyMap<string, string>): ReadConditions {
  return {
    ifMatch: headers.get('if-match'),
    ifNoneMatch: headers.get('if-none-match'),
    ifModifiedSince: headers.get('if-modified-since'),
    ifUnmodifiedSince: headers.get('if-unmodified-since'),
  };
}

/** `If-Range` asks for the whole object when it has changed meanwhile (RFC 9110 section 13.1.5). */
function applicableRange(headers: ReadonlyMap<string, string>, object: ObjectManifest): string | undefined {
  const validator = headers.get('if-range');
  if (validator === undefined) return headers.get('range');
  const isCurrent = validator.includes('"')
    ? listsTag(validator, object.etag)
    : Date.parse(validator) === Math.floor(object.lastModifiedMs / 1000) * 1000;
  return isCurrent ? headers.get('range') : undefined;
}

function invalidRange(request: S3Request, size: number): S3Error {
  return new S3Error('InvalidRange', {
    details: { RangeRequested: request.headers.get('range') ?? '', ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}

const understood = { query: responseOverrides, headers: ['x-amz-checksum-mode'] } as const;

export const getOperations: readonly Operation[] = [
  { name: 'GetObject', method: 'GET', resource: 'object', ...understood, run: getObject },
  { name: 'HeadObject', method: 'HEAD', resource: 'object', ...understood, run: headObject },
];
