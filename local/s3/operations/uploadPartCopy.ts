import type { Operation, OperationContext } from '../operation.js';
import { type ByteRange, parseRange } from '../range.js';
import type { Reply } from '../reply.js';
import { invalidArgument, type S3Request } from '../request.js';
import { copyBytes } from '../store/copyBytes.js';
import type { PartManifest } from '../store/manifest.js';
import { xmlDocument } from '../xml.js';
import { copyResult } from './copyObject.js';
import { copySourceConditions, copySourceHeader, findCopySource } from './copySource.js';
import { findUpload, readPartNumber } from './multipart.js';

async function uploadPartCopy(request: S3Request, reply: Reply, context: OperationContext): Promise<void> {
  const { store } = context;
  const upload = findUpload(store.bucket(request.bucket), request);
  const partNumber = readPartNumber(request);
  const source = findCopySource(request, context);
  const part = await source.object.hold(async (manifest): Promise<PartManifest> => {
    const range = readCopyRange(request.headers.get('x-amz-copy-source-range'), manifest.size);
    const copied = await copyBytes(store, manifest.segments, range, upload.manifest.checksum?.algorithm);
    const size = range.last - range.first + 1;
    return { version: 1, partNumber, size, lastModifiedMs: Date.now(), ...copied };
  });
  await store.adopt(part.segments, () => upload.addPart(part));
  const { ChecksumType: _, ...result } = copyResult(part.etag, part.lastModifiedMs, part.checksum);
  reply.document(xmlDocument('CopyPartResult', result));
}

/** Unlike the range of a read, this one must lie within the source. */
function readCopyRange(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return { first: 0, last: size - 1 };
  const range = /^bytes=\d+-\d+$/.test(header) ? parseRange(header, size) : undefined;
  if (range === undefined) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy';
    throw invalidArgument('x-amz-copy-source-range', header, message);
  }
  if (range !== 'unsatisfiable' && header.endsWith(`-${range.last}`)) return range;
  throw invalidArgument(
    'x-amz-copy-source-range',
    header,
    `Range specified is not valid for source object of size: ${size}`,
  );
}

export const partCopyOperations: readonly Operation[] = [
  {
    name: 'UploadPartCopy',
    method: 'PUT',
    resource: 'object',
    marker: 'uploadId',
    markerHeader: copySourceHeader,
    query: ['partNumber'],
    headers: [...copySourceConditions, 'x-amz-copy-source-range'],
    run: uploadPartCopy,
  },
];
