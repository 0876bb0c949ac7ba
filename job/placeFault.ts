import { ObjectNotFoundError, StorageError } from '../storage/errors.js';

/** What is wrong with the bucket that a key of the payload names; undefined when S3 itself failed. */
export function placeFault(payloadKey: 'bucket' | 'data_bucket', bucket: string, error: unknown): string | undefined {
  if (error instanceof ObjectNotFoundError) return `${payloadKey}: there is no bucket "${bucket}"`;
  if (error instanceof StorageError && !error.retryable) return `${payloadKey}: ${error.message}`;
  return undefined;
}
