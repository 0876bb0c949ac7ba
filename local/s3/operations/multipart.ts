import { randomBytes } from 'node:crypto';
import { type ChecksumAlgorithm, type ChecksumType, checksumElement, checksumTypes } from '../checksum.js';
import { multipartChecksum, multipartEtag, parsePartList, requireExpected, selectParts } from '../completeUpload.js';
import { requireWritable } from '../conditions.js';
import { isCombinable } from '../crcCombine.js';
import { descriptionHeaders, readDescription } from '../description.js';
import { S3Error } from '../errors.js';
import type { Operation, OperationContext } from '../operation.js';
import { receivePayload } from '../payload.js';
import type { Reply } from '../reply.js';
import { invalidArgument, readDocument, type S3Request } from '../request.js';
import type { Bucket } from '../store/bucket.js';
import type { ObjectManifest, PartManifest, UploadManifest } from '../store/manifest.js';
import type { MultipartUpload } from '../store/multipartUpload.js';
import { parseXml, xmlDocument } from '../xml.js';
import { readChecksumAlgorithm } from './copyObject.js';
import { checksumHeaders, readWriteConditions } from './putObject.js';

const partNumbers = { min: 1, max: 10_000 } as const;

async function createMultipartUpload(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const bucket = store.bucket(request.bucket);
  const checksum = readUploadChecksum(request.headers);
  const upload = await store.createUpload(bucket, {
    version: 1,
    uploadId: randomBytes(32).toString('hex'),
    key: request.key,
    initiatedMs: Date.now(),
    description: readDescription(request.headers),
    checksum,
  });
  const xml = xmlDocument('InitiateMultipartUploadResult', {
    Bucket: bucket.name,
    Key: request.key,
    UploadId: upload.manifest.uploadId,
  });
  reply.document(
    xml,
    checksum && { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type },
  );
}

/** CRC64NVME is always of the full object, the others of the parts unless the full object is asked for. */
function readUploadChecksum(headers: ReadonlyMap<string, string>): UploadManifest['checksum'] {
  const algorithm = readChecksumAlgorithm(headers);
  const stated = headers.get('x-amz-checksum-type')?.toUpperCase();
  if (!algorithm) {
    if (stated === undefined) return undefined;
    throw new S3Error('InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    });
  }
  const type = stated ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const known = checksumTypes.find((candidate) => candidate === type);
  if (!known || !isPossible(algorithm, known)) {
    throw new S3Error('InvalidRequest', {
      message: `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    });
  }
  return { algorithm, type: known };
}

function isPossible(algorithm: ChecksumAlgorithm, type: ChecksumType): boolean {
  return type === 'FULL_OBJECT' ? isCombinable(algorithm) : algorithm !== 'CRC64NVME';
}

async function uploadPart(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const upload = findUpload(store.bucket(request.bucket), request);
  const partNumber = readPartNumber(request);
  const payload = request.payload();
  const wanted = upload.manifest.checksum?.algorithm;
  const stated = payload.checksum?.algorithm;
  if (wanted && stated && wanted !== stated) {
    throw new S3Error('InvalidRequest', {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${wanted.toLowerCase()}, actual checksum Type: ${stated.toLowerCase()}`,
    });
  }
  const [segments, { md5, checksum }] = await store.writeBlob((writer) =>
    receivePayload(payload, (chunk) => writer.write(chunk), wanted),
  );
  const etag = md5.toString('hex');
  const part = {
    version: 1,
    partNumber,
    size: payload.length,
    etag,
    checksum,
    lastModifiedMs: Date.now(),
    segments,
  } as const;
  await store.adopt(segments, () => upload.addPart(part));
  reply.empty(200, { etag: `"${etag}"`, ...partChecksumHeaders(part) });
}

/** A part has a checksum, but its type is the matter of the whole object. */
function partChecksumHeaders({ checksum }: Pick<PartManifest, 'checksum'>) {
  const { 'x-amz-checksum-type': _, ...headers } = checksumHeaders(checksum);
  return headers;
}

async function completeMultipartUpload(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const bucket = store.bucket(request.bucket);
  const listed = parsePartList(parseXml(await readDocument(request.payloadOnly())));
  const conditions = readWriteConditions(request.headers);
  const object = completedEarlier(bucket, request) ?? (await complete());
  const xml = xmlDocument('CompleteMultipartUploadResult', {
    Location: `http://${request.headers.get('host') ?? ''}/${bucket.name}/${request.key}`,
    Bucket: bucket.name,
    Key: request.key,
    ETag: `"${object.etag}"`,
    ...(object.checksum && {
      [checksumElement(object.checksum.algorithm)]: object.checksum.value,
      ChecksumType: object.checksum.type,
    }),
  });
  reply.document(xml);

  async function complete(): Promise<ObjectManifest> {
    const upload = findUpload(bucket, request);
    const { key, uploadId, description, checksum: wanted } = upload.manifest;
    requireWritable(key, bucket.objects.get(key)?.manifest, conditions);
    return upload.complete(bucket, conditions, async () => {
      const parts = selectParts(listed, (partNumber) => upload.part(partNumber), upload.manifest);
      const checksum = await multipartChecksum(parts, wanted);
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      requireExpected(request.headers, checksum, size);
      return {
        version: 1,
        key,
        etag: multipartEtag(parts),
        size,
        lastModifiedMs: Date.now(),
        segments: parts.flatMap((part) => part.segments),
        description,
        checksum,
        multipart: { uploadId, parts: parts.map(({ partNumber, size, checksum }) => ({ partNumber, size, checksum })) },
      };
    });
  }
}

/** A client that lost the answer asks again; the object that its upload became is the answer. */
function completedEarlier(bucket: Bucket, request: S3Request): ObjectManifest | undefined {
  const object = bucket.objects.get(request.key)?.manifest;
  return object?.multipart?.uploadId === request.query.get('uploadId') ? object : undefined;
}

async function abortMultipartUpload(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const bucket = store.bucket(request.bucket);
  await findUpload(bucket, request).abort(bucket);
  reply.empty(204);
}

/** @throws S3Error NoSuchUpload unless the upload exists and is of this key */
export function findUpload(bucket: Bucket, request: S3Request): MultipartUpload {
  const uploadId = request.query.get('uploadId') ?? '';
  const upload = bucket.uploads.get(uploadId);
  if (upload?.manifest.key === request.key) return upload;
  throw new S3Error('NoSuchUpload', { details: { UploadId: uploadId } });
}

/** @throws S3Error InvalidArgument unless it is from 1 to 10,000 */
export function readPartNumber(request: S3Request): number {
  const partNumber = request.integer('partNumber', partNumbers);
  if (partNumber !== undefined) return partNumber;
  throw invalidArgument('partNumber', '', 'The request lacks partNumber.');
}

const target = { resource: 'object', marker: 'uploadId' } as const;

export const multipartOperations: readonly Operation[] = [
  {
    name: 'CreateMultipartUpload',
    method: 'POST',
    resource: 'object',
    marker: 'uploads',
    headers: [...descriptionHeaders, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
    run: createMultipartUpload,
  },
  { name: 'UploadPart', method: 'PUT', ...target, query: ['partNumber'], run: uploadPart },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    ...target,
    headers: ['x-amz-mp-object-size', 'x-amz-checksum-type'],
    run: completeMultipartUpload,
  },
  { name: 'AbortMultipartUpload', method: 'DELETE', ...target, run: abortMultipartUpload },
];
