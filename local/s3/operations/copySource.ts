import { requireCopySource } from '../conditions.js';
import type { OperationContext } from '../operation.js';
import type { S3Request } from '../request.js';
import type { Bucket } from '../store/bucket.js';
import type { StoredObject } from '../store/storedObject.js';
import { parseCopySource } from '../target.js';

export interface CopySource {
  bucket: Bucket;
  key: string;
  object: StoredObject;
}

/** The header that makes a write a copy. */
export const copySourceHeader = 'x-amz-copy-source';

/** The headers that make it conditional. */
export const copySourceConditions = [
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
] as const;

/**
 * Finds the object to copy from.
 *
 * @throws S3Error NoSuchBucket, NoSuchKey, PreconditionFailed
 */
export function findCopySource({ headers }: S3Request, { store }: OperationContext): CopySource {
  const source = parseCopySource(headers.get(copySourceHeader) ?? '');
  const bucket = store.bucket(source.bucket);
  const object = bucket.object(source.key);
  requireCopySource(object.manifest, {
    ifMatch: headers.get('x-amz-copy-source-if-match'),
    ifNoneMatch: headers.get('x-amz-copy-source-if-none-match'),
    ifModifiedSince: headers.get('x-amz-copy-source-if-modified-since'),
    ifUnmodifiedSince: headers.get('x-amz-copy-source-if-unmodified-since'),
  });
  return { bucket, key: source.key, object };
}
