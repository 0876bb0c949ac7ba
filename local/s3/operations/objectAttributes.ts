import type { XmlChildren } from '../../xml.js';
import { type Checksum, checksumElement } from '../checksum.js';
import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import { invalidArgument, parseInteger, type S3Request } from '../request.js';
import type { ObjectManifest } from '../store/manifest.js';
import { xmlDocument } from '../xml.js';

const attributeNames = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;

async function getObjectAttributes(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { manifest } = store.bucket(request.bucket).object(request.key);
  const wanted = readAttributeNames(request);
  const xml = xmlDocument('GetObjectAttributesResponse', {
    ETag: wanted.has('ETag') ? manifest.etag : undefined,
    Checksum: wanted.has('Checksum') && manifest.checksum ? describeChecksum(manifest.checksum) : undefined,
    ObjectParts: wanted.has('ObjectParts') ? describeParts(request, manifest) : undefined,
    StorageClass: wanted.has('StorageClass') ? 'STANDARD' : undefined,
    ObjectSize: wanted.has('ObjectSize') ? manifest.size : undefined,
  });
  reply.document(xml, { 'last-modified': new Date(manifest.lastModifiedMs).toUTCString() });
}

function readAttributeNames({ headers }: S3Request): ReadonlySet<string> {
  const text = headers.get('x-amz-object-attributes') ?? '';
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !attributeNames.some((known) => known === name));
  if (unknown.length === 0) return new Set(names);
  throw invalidArgument('x-amz-object-attributes', text, `Invalid attribute name specified: ${unknown.join(', ')}`);
}

function describeChecksum({ algorithm, value, type }: Checksum): XmlChildren {
  return { [checksumElement(algorithm)]: value.replace(/-\d+$/, ''), ChecksumType: type };
}

/** The parts themselves are told only when they were uploaded with checksums, as S3 does. */
function describeParts({ headers }: S3Request, { multipart, checksum }: ObjectManifest): XmlChildren | undefined {
  if (!multipart) return undefined;
  const count: XmlChildren = { PartsCount: multipart.parts.length };
  if (!checksum) return count;
  const marker = parseInteger('x-amz-part-number-marker', headers.get('x-amz-part-number-marker') ?? '0', {
    min: 0,
    max: 10_000,
  });
  const limit = parseInteger('x-amz-max-parts', headers.get('x-amz-max-parts') ?? '1000', { min: 0, max: 2 ** 31 - 1 });
  const following = multipart.parts.filter((part) => part.partNumber > marker);
  const page = following.slice(0, Math.min(limit, 1000));
  return {
    ...count,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber,
    MaxParts: Math.min(limit, 1000),
    IsTruncated: page.length < following.length,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      Size: part.size,
      ...(part.checksum && { [checksumElement(part.checksum.algorithm)]: part.checksum.value }),
    })),
  };
}

export const attributesOperations: readonly Operation[] = [
  {
    name: 'GetObjectAttributes',
    method: 'GET',
    resource: 'object',
    marker: 'attributes',
    headers: ['x-amz-object-attributes', 'x-amz-max-parts', 'x-amz-part-number-marker'],
    run: getObjectAttributes,
  },
];
