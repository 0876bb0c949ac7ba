import type { OutgoingHttpHeaders } from 'node:http';
import { type Checksum, checksumHeader } from '../checksum.js';
import { requireWritable, type WriteConditions } from '../conditions.js';
import { descriptionHeaders, readDescription } from '../description.js';
import { S3Error } from '../errors.js';
import type { Operation, OperationContext } from '../operation.js';
import { receivePayload } from '../payload.js';
import type { Reply } from '../reply.js';
import type { S3Request } from '../request.js';
import type { ObjectManifest } from '../store/manifest.js';

async function putObject(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { key } = request;
  const bucket = store.bucket(request.bucket);
  const description = readDescription(request.headers);
  const conditions = readWriteConditions(request.headers);
  const payload = request.payload();
  // What cannot succeed is refused before its body is taken. The condition holds, or not, at the commit.
  requireWritable(key, bucket.objects.get(key)?.manifest, conditions);
  const [segments, { md5, checksum }] = await store.writeBlob((writer) =>
    receivePayload(payload, (chunk) => writer.write(chunk)),
  );
  const object = await store.adopt(segments, () =>
    bucket.commit(key, conditions, (): ObjectManifest => {
      const etag = md5.toString('hex');
      const size = payload.length;
      return { version: 1, key, etag, size, lastModifiedMs: Date.now(), segments, description, checksum };
    }),
  );
  reply.empty(200, { etag: `"${object.etag}"`, ...checksumHeaders(object.checksum) });
}

/** @throws S3Error NotImplemented for an `If-None-Match` other than `*` */
export function readWriteConditions(headers: ReadonlyMap<string, string>): WriteConditions {
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new S3Error('NotImplemented', {
      message: 'If-None-Match of a write may only be *.',
      details: { Header: 'If-None-Match' },
    });
  }
  return { ifMatch: headers.get('if-match'), ifNoneMatch };
}

export function checksumHeaders(checksum: Checksum | undefined): OutgoingHttpHeaders {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export const putOperations: readonly Operation[] = [
  { name: 'PutObject', method: 'PUT', resource: 'object', headers: descriptionHeaders, run: putObject },
];
