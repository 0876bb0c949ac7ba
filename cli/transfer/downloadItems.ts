import { isAbsolute, join, relative, resolve } from 'node:path';
import { HeadObjectCommand, NotFound, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { s3Uri } from '../../run/keys.js';
import { ObjectNotFoundError } from '../../storage/errors.js';
import { UsageError } from '../errors.js';
import type { S3Place } from './s3Place.js';

/** An object and the file that it becomes. */
export interface DownloadItem {
  readonly key: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * The objects of an S3 address with their files: one object becomes `<folder>/<name>`, a prefix's objects become
 * `<folder>/<key below the prefix>`.
 *
 * @throws ObjectNotFoundError when there is nothing, UsageError for a key that cannot be a path below the folder.
 */
export async function downloadItems(
  s3: S3Client,
  { bucket, prefix }: S3Place,
  folder: string,
  signal: AbortSignal,
): Promise<DownloadItem[]> {
  const items: DownloadItem[] = [];
  const below = prefix === '' ? '' : `${prefix}/`;
  const object = prefix === '' ? undefined : await sizeOf(s3, bucket, prefix, signal);
  if (object !== undefined) {
    items.push({ key: prefix, path: pathBelow(folder, prefix.slice(prefix.lastIndexOf('/') + 1)), size: object });
  }
  for await (const { Contents } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: below })) {
    signal.throwIfAborted();
    for (const { Key = '', Size = 0 } of Contents ?? []) {
      // Consoles mark folders with an empty object whose key ends in a slash.
      if (Key.endsWith('/')) continue;
      items.push({ key: Key, path: pathBelow(folder, Key.slice(below.length)), size: Size });
    }
  }
  if (items.length === 0) throw new ObjectNotFoundError(bucket, prefix);
  return items;
}

async function sizeOf(
  s3: S3Client,
  bucket: string,
  key: string,
  abortSignal: AbortSignal,
): Promise<number | undefined> {
  try {
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
    return ContentLength ?? 0;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** The path of a key below a folder; keys come from outside and may try to leave it. */
export function pathBelow(folder: string, key: string): string {
  const path = resolve(folder, key);
  const fromFolder = relative(resolve(folder), path);
  if (key === '' || key.includes('\0') || isAbsolute(key) || fromFolder.startsWith('..') || fromFolder === '') {
    throw new UsageError(`The key "${key}" cannot be a file below ${folder}.`);
  }
  return join(folder, fromFolder);
}

/** How messages call an item. */
export const uriOf = (bucket: string, { key }: DownloadItem): string => s3Uri(bucket, key);
