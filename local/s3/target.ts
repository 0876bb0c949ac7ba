import { isUtf8 } from 'node:buffer';
import { S3Error } from './errors.js';

/** What a path-style request target names: the service, a bucket, or an object. */
export interface Target {
  bucket?: string;
  key?: string;
  /** Query parameters, decoded; one without a value is an empty string. */
  query: Map<string, string>;
}

export const maxKeyBytes = 1024;

/**
 * Reads a request target as it stands on the wire. A key is whatever comes behind `/bucket/`, so `..` and `//` in it
 * are characters like any other.
 *
 * @throws S3Error InvalidURI, InvalidBucketName, KeyTooLongError
 */
export function parseTarget(url: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = parseQuery(mark < 0 ? '' : url.slice(mark + 1));
  if (!path.startsWith('/')) throw invalidUri(url);
  const slash = path.indexOf('/', 1);
  const bucket = decode(slash < 0 ? path.slice(1) : path.slice(1, slash));
  if (bucket === '') {
    if (path !== '/') throw new S3Error('InvalidBucketName', { details: { BucketName: '' } });
    return { query };
  }
  requireBucketName(bucket);
  const key = slash < 0 ? '' : decode(path.slice(slash + 1));
  if (key === '') return { bucket, query };
  requireKeyLength(key);
  return { bucket, key, query };
}

/**
 * Reads the `bucket/key` of an `x-amz-copy-source` header, which may begin with a slash.
 *
 * @throws S3Error InvalidArgument; NotImplemented for a version
 */
export function parseCopySource(header: string): { bucket: string; key: string } {
  const mark = header.indexOf('?');
  if (mark >= 0) {
    throw new S3Error('NotImplemented', {
      message: `Copying a version (${header.slice(mark + 1)}) is not implemented.`,
    });
  }
  const path = readHeaderText(header);
  const { bucket, key } = parseTarget(path.startsWith('/') ? path : `/${path}`);
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new S3Error('InvalidArgument', {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    details: { ArgumentName: 'x-amz-copy-source', ArgumentValue: header },
  });
}

/** Some clients send what is not ASCII as UTF-8, others as latin1, which is what Node takes it for. */
function readHeaderText(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : header;
}

/** Source: Amazon S3 User Guide, "General purpose bucket naming rules". */
function requireBucketName(name: string): void {
  const isValid = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (!isValid) throw new S3Error('InvalidBucketName', { details: { BucketName: name } });
}

export function requireKeyLength(key: string): void {
  const size = Buffer.byteLength(key);
  if (size <= maxKeyBytes) return;
  throw new S3Error('KeyTooLongError', { details: { Size: String(size), MaxSizeAllowed: String(maxKeyBytes) } });
}

function parseQuery(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const mark = pair.indexOf('=');
    const name = decode((mark < 0 ? pair : pair.slice(0, mark)).replaceAll('+', ' '));
    const value = mark < 0 ? '' : decode(pair.slice(mark + 1).replaceAll('+', ' '));
    if (parameters.has(name)) {
      throw new S3Error('InvalidArgument', {
        message: `The query parameter ${name} is given twice.`,
        details: { ArgumentName: name, ArgumentValue: value },
      });
    }
    parameters.set(name, value);
  }
  return parameters;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw invalidUri(text, error);
  }
}

function invalidUri(uri: string, cause?: unknown): S3Error {
  return new S3Error('InvalidURI', { details: { URI: uri }, cause });
}
