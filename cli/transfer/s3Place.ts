import { parseS3Uri } from '../../run/keys.js';
import { UsageError } from '../errors.js';

/** A place in S3 that a command line names. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its end; empty: the bucket's root. */
  readonly prefix: string;
}

/** Reads an `s3://bucket/prefix` of the command line. */
export function s3Place(uri: string): S3Place {
  const parsed = parseS3Uri(uri);
  if (!parsed) throw new UsageError(`"${uri}" is not an S3 address: expected s3://bucket/prefix.`);
  return { bucket: parsed.bucket, prefix: parsed.key.replace(/\/+$/, '') };
}
