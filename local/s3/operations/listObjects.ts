import type { XmlChildren } from '../../xml.js';
import { type Listing, listKeys } from '../listing.js';
import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import { invalidArgument, parseInteger, type S3Request } from '../request.js';
import type { StoredObject } from '../store/storedObject.js';
import { xmlDocument } from '../xml.js';
import { owner } from './buckets.js';

const maxPageKeys = 1000;

async function listObjectsV2(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { query } = request;
  if (query.get('list-type') !== '2')
    throw invalidArgument('list-type', query.get('list-type') ?? '', 'Invalid List Type');
  const { objects } = store.bucket(request.bucket);
  const { prefix, delimiter, maxKeys, encode } = readPage(request);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const after = token === undefined ? (startAfter ?? '') : readToken(token);
  const listing = listKeys(objects, { prefix, delimiter, maxEntries: maxKeys, after });
  const withOwner = query.get('fetch-owner') === 'true';
  reply.document(
    xmlDocument('ListBucketResult', {
      Name: request.bucket,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      StartAfter: startAfter === undefined ? undefined : encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: listing.next === undefined ? undefined : writeToken(listing.next),
      KeyCount: listing.contents.length + listing.commonPrefixes.length,
      MaxKeys: maxKeys,
      EncodingType: query.get('encoding-type'),
      IsTruncated: listing.next !== undefined,
      ...entries(listing, encode, withOwner),
    }),
  );
}

async function listObjects(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { objects } = store.bucket(request.bucket);
  const { prefix, delimiter, maxKeys, encode } = readPage(request);
  const marker = request.query.get('marker') ?? '';
  const listing = listKeys(objects, { prefix, delimiter, maxEntries: maxKeys, after: marker });
  reply.document(
    xmlDocument('ListBucketResult', {
      Name: request.bucket,
      Prefix: encode(prefix),
      Marker: encode(marker),
      // Without a delimiter, the last key of the page is the next marker.
      NextMarker: delimiter === '' || listing.next === undefined ? undefined : encode(listing.next),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      MaxKeys: maxKeys,
      EncodingType: request.query.get('encoding-type'),
      IsTruncated: listing.next !== undefined,
      ...entries(listing, encode, true),
    }),
  );
}

type Encode = (text: string) => string;

interface Page {
  prefix: string;
  delimiter: string;
  maxKeys: number;
  encode: Encode;
}

function readPage({ query }: S3Request): Page {
  const maxKeys = parseInteger('max-keys', query.get('max-keys') ?? String(maxPageKeys), { min: 0, max: 2 ** 31 - 1 });
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: Math.min(maxKeys, maxPageKeys),
    encode: readEncoding(query.get('encoding-type')),
  };
}

/**
 * How names are written: as they are, or percent-encoded but for slashes.
 *
 * @throws S3Error InvalidArgument for an encoding other than `url`
 */
export function readEncoding(encodingType: string | undefined): Encode {
  if (encodingType === undefined) return (text) => text;
  if (encodingType !== 'url')
    throw invalidArgument('encoding-type', encodingType, 'Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

function entries(listing: Listing<StoredObject>, encode: Encode, withOwner: boolean): XmlChildren {
  return {
    Contents: listing.contents.map(({ key, value: { manifest } }) => ({
      Key: encode(key),
      LastModified: new Date(manifest.lastModifiedMs).toISOString(),
      ETag: `"${manifest.etag}"`,
      ChecksumAlgorithm: manifest.checksum?.algorithm,
      ChecksumType: manifest.checksum?.type,
      Size: manifest.size,
      Owner: withOwner ? owner : undefined,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: listing.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}

/** A token holds the last entry of its page. */
function writeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

function readToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const last = bytes.toString('utf8');
  if (last === '' || writeToken(last) !== token) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return last;
}

const understood = ['prefix', 'delimiter', 'max-keys', 'encoding-type'] as const;

export const listOperations: readonly Operation[] = [
  {
    name: 'ListObjectsV2',
    method: 'GET',
    resource: 'bucket',
    marker: 'list-type',
    query: [...understood, 'continuation-token', 'start-after', 'fetch-owner'],
    run: listObjectsV2,
  },
  { name: 'ListObjects', method: 'GET', resource: 'bucket', query: [...understood, 'marker'], run: listObjects },
];
