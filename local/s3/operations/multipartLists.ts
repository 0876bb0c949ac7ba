import { checksumElement } from '../checksum.js';
import { compareKeys } from '../keyOrder.js';
import { commonPrefix } from '../listing.js';
import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import { parseInteger, type S3Request } from '../request.js';
import type { UploadManifest } from '../store/manifest.js';
import { xmlDocument } from '../xml.js';
import { owner } from './buckets.js';
import { readEncoding } from './listObjects.js';
import { findUpload } from './multipart.js';

const maxPage = 1000;
const pageSizes = { min: 0, max: 2 ** 31 - 1 } as const;

async function listParts(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const upload = findUpload(store.bucket(request.bucket), request);
  const { key, uploadId, checksum } = upload.manifest;
  const limit = Math.min(request.integer('max-parts', pageSizes) ?? maxPage, maxPage);
  const marker = request.integer('part-number-marker', pageSizes) ?? 0;
  const following = upload.parts().filter((part) => part.partNumber > marker);
  const page = following.slice(0, limit);
  const xml = xmlDocument('ListPartsResult', {
    Bucket: request.bucket,
    Key: key,
    UploadId: uploadId,
    Initiator: owner,
    Owner: owner,
    StorageClass: 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? marker,
    MaxParts: limit,
    IsTruncated: limit > 0 && page.length < following.length,
    ChecksumAlgorithm: checksum?.algorithm,
    ChecksumType: checksum?.type,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.size,
      ...(part.checksum && { [checksumElement(part.checksum.algorithm)]: part.checksum.value }),
    })),
  });
  reply.document(xml);
}

async function listMultipartUploads(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const uploadIdMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const limit = Math.min(
    parseInteger('max-uploads', query.get('max-uploads') ?? '1000', { min: 1, max: pageSizes.max }),
    maxPage,
  );
  const encode = readEncoding(query.get('encoding-type'));
  const { uploads, prefixes, next } = pageOfUploads(
    [...store.bucket(request.bucket).uploads.values()].map(({ manifest }) => manifest),
    { prefix, delimiter, keyMarker, uploadIdMarker, limit },
  );
  const xml = xmlDocument('ListMultipartUploadsResult', {
    Bucket: request.bucket,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: uploadIdMarker,
    NextKeyMarker: next && encode(next.key),
    NextUploadIdMarker: next?.uploadId,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.get('encoding-type'),
    MaxUploads: limit,
    IsTruncated: next !== undefined,
    Upload: uploads.map(({ key, uploadId, initiatedMs, checksum }) => ({
      Key: encode(key),
      UploadId: uploadId,
      Initiator: owner,
      Owner: owner,
      StorageClass: 'STANDARD',
      Initiated: new Date(initiatedMs).toISOString(),
      ChecksumAlgorithm: checksum?.algorithm,
      ChecksumType: checksum?.type,
    })),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: encode(common) })),
  });
  reply.document(xml);
}

interface UploadPageRequest {
  prefix: string;
  delimiter: string;
  keyMarker: string;
  uploadIdMarker: string;
  limit: number;
}

interface UploadPage {
  uploads: UploadManifest[];
  prefixes: string[];
  /** The last entry, when more follow. A common prefix has no upload. */
  next?: { key: string; uploadId: string };
}

/** By key, then by upload ID. */
function pageOfUploads(all: readonly UploadManifest[], request: UploadPageRequest): UploadPage {
  const { prefix, delimiter, keyMarker, uploadIdMarker, limit } = request;
  const page: UploadPage = { uploads: [], prefixes: [] };
  const isBehindMarker = ({ key, uploadId }: UploadManifest) => {
    const order = compareKeys(key, keyMarker);
    const isListed = delimiter !== '' && keyMarker !== '' && commonPrefix(key, prefix, delimiter) === keyMarker;
    return !isListed && (order > 0 || (order === 0 && uploadIdMarker !== '' && uploadId > uploadIdMarker));
  };
  const following = all
    .filter((upload) => upload.key.startsWith(prefix) && isBehindMarker(upload))
    .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.uploadId, b.uploadId));
  let last: UploadPage['next'];
  for (const upload of following) {
    const common = commonPrefix(upload.key, prefix, delimiter);
    if (common !== undefined && page.prefixes.at(-1) === common) continue;
    if (page.uploads.length + page.prefixes.length === limit) return { ...page, next: last };
    if (common === undefined) page.uploads.push(upload);
    else page.prefixes.push(common);
    last = common === undefined ? upload : { key: common, uploadId: '' };
  }
  return page;
}

export const multipartListOperations: readonly Operation[] = [
  {
    name: 'ListParts',
    method: 'GET',
    resource: 'object',
    marker: 'uploadId',
    query: ['max-parts', 'part-number-marker'],
    run: listParts,
  },
  {
    name: 'ListMultipartUploads',
    method: 'GET',
    resource: 'bucket',
    marker: 'uploads',
    query: ['prefix', 'delimiter', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
    run: listMultipartUploads,
  },
];
