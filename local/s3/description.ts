import type { OutgoingHttpHeaders } from 'node:http';
import { checksumHeader } from './checksum.js';
import { S3Error } from './errors.js';
import { invalidArgument } from './request.js';
import type { Description, ObjectManifest } from './store/manifest.js';
import { parseTaggingHeader } from './tags.js';

const maxMetadataBytes = 2048;
const metadataPrefix = 'x-amz-meta-';
const keptHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;
const defaultContentType = 'binary/octet-stream';

/** `x-amz-*` headers that describe an object which is written. */
export const descriptionHeaders = [`${metadataPrefix}*`, 'x-amz-tagging'] as const;

/**
 * Reads what a request says about the object that it writes.
 *
 * @throws S3Error MetadataTooLarge, InvalidTag
 */
export function readDescription(headers: ReadonlyMap<string, string>): Description {
  const kept: Record<string, string> = { 'content-type': headers.get('content-type') ?? defaultContentType };
  for (const name of keptHeaders) {
    const value = name === 'content-encoding' ? withoutChunking(headers.get(name)) : headers.get(name);
    if (value !== undefined && value !== '') kept[name] = value;
  }
  const metadata = [...headers]
    .filter(([name]) => name.startsWith(metadataPrefix))
    .map(([name, value]): [string, string] => [name.slice(metadataPrefix.length), value]);
  const size = metadata.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > maxMetadataBytes) {
    throw new S3Error('MetadataTooLarge', {
      details: { Size: String(size), MaxSizeAllowed: String(maxMetadataBytes) },
    });
  }
  return {
    headers: kept,
    metadata: Object.fromEntries(metadata),
    tags: parseTaggingHeader(headers.get('x-amz-tagging')),
  };
}

/** The headers that answer for an object, but for the length of what is sent of it. */
export function objectHeaders(object: ObjectManifest, withChecksum: boolean): OutgoingHttpHeaders {
  const { description, checksum } = object;
  const headers: OutgoingHttpHeaders = {
    ...description.headers,
    ...validatorHeaders(object),
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(description.metadata)) headers[`${metadataPrefix}${name}`] = value;
  if (description.tags.length > 0) headers['x-amz-tagging-count'] = description.tags.length;
  if (withChecksum && checksum) {
    headers[checksumHeader(checksum.algorithm)] = checksum.value;
    headers['x-amz-checksum-type'] = checksum.type;
  }
  return headers;
}

/** What an answer without the object says about its version. */
export function validatorHeaders({ etag, lastModifiedMs }: ObjectManifest): OutgoingHttpHeaders {
  return { etag: `"${etag}"`, 'last-modified': new Date(lastModifiedMs).toUTCString() };
}

/** Query parameters of a read that replace headers of its answer. */
export const responseOverrides = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
] as const;

/** @throws S3Error InvalidArgument for text that no header can hold */
export function readResponseOverrides(query: ReadonlyMap<string, string>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const parameter of responseOverrides) {
    const value = query.get(parameter);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw invalidArgument(parameter, value, 'Header value cannot be represented using ISO-8859-1.');
    }
    headers[parameter.slice('response-'.length)] = value;
  }
  return headers;
}

function withoutChunking(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',');
}
