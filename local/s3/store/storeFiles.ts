import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFile, link, mkdir, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Segment } from './manifest.js';

const refusesLinks = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV']);

/**
 * Where things lie on disk, and the atomic steps that put them there:
 *
 * ```text
 * blobs/<random>                                 the bytes of objects and parts, written once
 * buckets/<bucket>/bucket.json
 * buckets/<bucket>/objects/<SHA-256 of key>.json manifest: names the blobs of an object; appears by rename
 * buckets/<bucket>/uploads/<upload>/upload.json  and <part number>.json beside it, likewise
 * temporary/                                     what is being written, or removed; emptied at start
 * ```
 *
 * A blob is written before the manifest that names it and removed after it, so a crash at any moment leaves at worst
 * blobs that no manifest names. They are removed at start.
 */
export class StoreFiles {
  readonly directory: string;
  readonly #blobs: string;
  readonly #buckets: string;
  readonly #temporary: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#blobs = join(directory, 'blobs');
    this.#buckets = join(directory, 'buckets');
    this.#temporary = join(directory, 'temporary');
  }

  async prepare(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
    for (const path of [this.#blobs, this.#buckets, this.#temporary]) await mkdir(path, { recursive: true });
  }

  newBlobName(): string {
    return randomBytes(16).toString('hex');
  }

  blobPath(blob: string): string {
    return join(this.#blobs, blob);
  }

  blobNames(): Promise<string[]> {
    return readdir(this.#blobs);
  }

  /**
   * A second name for the bytes of a blob, which nobody changes: a link, so that copies take no room. Where the file system
   * has no more links to give, or none, it copies the bytes (with shared extents where it can).
   */
  async copyBlob({ blob, size }: Segment): Promise<Segment> {
    const copy = this.newBlobName();
    try {
      await link(this.blobPath(blob), this.blobPath(copy));
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!refusesLinks.has(code)) throw error;
      await copyFile(this.blobPath(blob), this.blobPath(copy), constants.COPYFILE_FICLONE);
    }
    return { blob: copy, size };
  }

  async removeBlobs(segments: readonly Segment[]): Promise<void> {
    for (const { blob } of segments) await unlink(this.blobPath(blob));
  }

  bucketNames(): Promise<string[]> {
    return readdir(this.#buckets);
  }

  bucketPath(bucket: string): string {
    return join(this.#buckets, bucket);
  }

  bucketManifestPath(bucket: string): string {
    return join(this.bucketPath(bucket), 'bucket.json');
  }

  objectsPath(bucket: string): string {
    return join(this.bucketPath(bucket), 'objects');
  }

  objectPath(bucket: string, key: string): string {
    return join(this.objectsPath(bucket), `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  uploadsPath(bucket: string): string {
    return join(this.bucketPath(bucket), 'uploads');
  }

  uploadPath(bucket: string, uploadId: string): string {
    return join(this.uploadsPath(bucket), uploadId);
  }

  partPath(bucket: string, uploadId: string, partNumber: number): string {
    return join(this.uploadPath(bucket, uploadId), `${partNumber}.json`);
  }

  /** Writes a manifest so that its path holds the old or the new one, whole, at every moment. */
  async writeManifest(path: string, manifest: object): Promise<void> {
    const temporary = this.#temporaryPath();
    await writeFile(temporary, JSON.stringify(manifest));
    await rename(temporary, path);
  }

  /** Makes a directory appear at `path` with all that `fill` puts into it. */
  async createDirectory(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = this.#temporaryPath();
    await mkdir(temporary);
    await fill(temporary);
    await rename(temporary, path);
  }

  /** Makes a directory disappear from `path` at once. What was in it is removed by the function that comes back. */
  async detachDirectory(path: string): Promise<() => Promise<void>> {
    const temporary = this.#temporaryPath();
    await rename(path, temporary);
    return () => rm(temporary, { recursive: true });
  }

  #temporaryPath(): string {
    return join(this.#temporary, randomBytes(16).toString('hex'));
  }
}
