import type { XmlChildren } from '../../xml.js';
import { type Checksum, type ChecksumAlgorithm, checksumAlgorithms, checksumElement } from '../checksum.js';
import { descriptionHeaders, readDescription } from '../description.js';
import { S3Error } from '../errors.js';
import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import { invalidArgument, type S3Request } from '../request.js';
import { type CopiedBytes, copyBytes } from '../store/copyBytes.js';
import type { Description, ObjectManifest } from '../store/manifest.js';
import type { ObjectStore } from '../store/objectStore.js';
import { parseTaggingHeader } from '../tags.js';
import { xmlDocument } from '../xml.js';
import { copySourceConditions, copySourceHeader, findCopySource } from './copySource.js';
import { readWriteConditions } from './putObject.js';

/** A larger object is copied in parts. */
const maxCopyBytes = 5 * 1024 ** 3;

async function copyObject(request: S3Request, reply: Reply, context: OperationContext): Promise<void> {
  const { store } = context;
  const { key } = request;
  const bucket = store.bucket(request.bucket);
  const source = findCopySource(request, context);
  const replacesDescription = readDirective(request, 'x-amz-metadata-directive') === 'REPLACE';
  if (source.bucket === bucket && source.key === key && !replacesDescription) {
    throw new S3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    });
  }
  const conditions = readWriteConditions(request.headers);
  const description = describeCopy(request, source.object.manifest.description, replacesDescription);
  const algorithm = readChecksumAlgorithm(request.headers);
  const copied = await source.object.hold((manifest) => copyWhole(store, manifest, algorithm));
  const object = await store.adopt(copied.segments, () =>
    bucket.commit(key, conditions, (): ObjectManifest => {
      return { version: 1, key, ...copied, lastModifiedMs: Date.now(), description };
    }),
  );
  reply.document(xmlDocument('CopyObjectResult', copyResult(object.etag, object.lastModifiedMs, object.checksum)));
}

/** A checksum to compute, as asked for when something is copied or a multipart upload begun. */
export function readChecksumAlgorithm(headers: ReadonlyMap<string, string>): ChecksumAlgorithm | undefined {
  const text = headers.get('x-amz-checksum-algorithm');
  if (text === undefined) return undefined;
  const algorithm = checksumAlgorithms.find((candidate) => candidate === text.toUpperCase());
  if (algorithm) return algorithm;
  throw new S3Error('InvalidRequest', {
    message: `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${checksumAlgorithms.join(', ')}]`,
  });
}

export function copyResult(etag: string, lastModifiedMs: number, checksum: Checksum | undefined): XmlChildren {
  return {
    LastModified: new Date(lastModifiedMs).toISOString(),
    ETag: `"${etag}"`,
    ...(checksum && { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type }),
  };
}

type CopiedObject = CopiedBytes & Pick<ObjectManifest, 'size'>;

/** Bytes are read again only where their digests are not those of one whole object already. */
async function copyWhole(
  store: ObjectStore,
  source: ObjectManifest,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<CopiedObject> {
  const { size, etag, checksum, multipart } = source;
  if (size > maxCopyBytes) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${maxCopyBytes}`,
    });
  }
  const wanted = algorithm ?? checksum?.algorithm;
  if (!multipart && wanted === checksum?.algorithm) {
    const segments = await Promise.all(source.segments.map((segment) => store.files.copyBlob(segment)));
    return { segments, size, etag, checksum };
  }
  return { ...(await copyBytes(store, source.segments, { first: 0, last: size - 1 }, wanted)), size };
}

function describeCopy(request: S3Request, source: Description, replaces: boolean): Description {
  const stated = readDescription(request.headers);
  const kept = replaces ? stated : source;
  const replacesTags = readDirective(request, 'x-amz-tagging-directive') === 'REPLACE';
  const tags = replacesTags ? parseTaggingHeader(request.headers.get('x-amz-tagging')) : source.tags;
  return { headers: kept.headers, metadata: kept.metadata, tags };
}

function readDirective({ headers }: S3Request, name: string): string {
  const directive = headers.get(name)?.toUpperCase() ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive;
  throw invalidArgument(name, directive, `Unknown directive ${directive}; it must be COPY or REPLACE.`);
}

export const copyOperations: readonly Operation[] = [
  {
    name: 'CopyObject',
    method: 'PUT',
    resource: 'object',
    markerHeader: copySourceHeader,
    headers: [
      ...copySourceConditions,
      ...descriptionHeaders,
      'x-amz-metadata-directive',
      'x-amz-tagging-directive',
      'x-amz-checksum-algorithm',
    ],
    run: copyObject,
  },
];
