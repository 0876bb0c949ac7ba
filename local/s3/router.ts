import { S3Error } from './errors.js';
import type { Operation } from './operation.js';
import type { S3Request } from './request.js';

/** Headers that belong to the transport, the signature or the SDK, whatever the operation. */
const commonHeaders = new Set([
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'x-amz-user-agent',
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
]);

/** Finds the operation that a request means, and refuses what that operation does not understand. */
export class Router {
  readonly #operations: readonly Operation[];

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
  }

  /** @throws S3Error NotImplemented */
  find(request: S3Request): Operation {
    const { key, bucket } = request.target;
    const resource = key !== undefined ? 'object' : bucket !== undefined ? 'bucket' : 'service';
    const candidates = this.#operations.filter(
      (operation) => operation.resource === resource && operation.method === request.method,
    );
    const operation = candidates.filter((candidate) => isMeant(candidate, request)).sort(byMarkers)[0];
    const parameters = [...request.query.keys()].filter((name) => name !== 'x-id');
    if (!operation) throw refuseQuery(request.method, resource, parameters);
    const known = [operation.marker, ...(operation.query ?? [])];
    const unknown = parameters.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw refuseQuery(request.method, resource, unknown);
    const headers = [...request.headers.keys()].filter(
      (name) => name.startsWith('x-amz-') && !isKnown(name, operation),
    );
    if (headers.length > 0) {
      throw new S3Error('NotImplemented', {
        message: `${operation.name} of the local S3 does not implement the header ${headers.join(', ')}.`,
        details: { Header: headers[0] },
      });
    }
    return operation;
  }
}

function isMeant({ marker, markerHeader }: Operation, request: S3Request): boolean {
  return (
    (marker === undefined || request.query.has(marker)) &&
    (markerHeader === undefined || request.headers.has(markerHeader))
  );
}

/** The more an operation asks for, the sooner it is meant. */
function byMarkers(a: Operation, b: Operation): number {
  const count = ({ marker, markerHeader }: Operation) => (marker ? 2 : 0) + (markerHeader ? 1 : 0);
  return count(b) - count(a);
}

function isKnown(header: string, operation: Operation): boolean {
  if (commonHeaders.has(header) || header === operation.markerHeader) return true;
  return (operation.headers ?? []).some((known) =>
    known.endsWith('*') ? header.startsWith(known.slice(0, -1)) : header === known,
  );
}

function refuseQuery(method: string, resource: Operation['resource'], parameters: string[]): S3Error {
  const query = parameters.join('&');
  const what = parameters.length > 0 ? `${method} ?${query}` : method;
  return new S3Error('NotImplemented', {
    message: `The local S3 does not implement ${what} on ${resource === 'object' ? 'an object' : `the ${resource}`}.`,
    details: parameters.length > 0 ? { Query: query } : {},
  });
}
