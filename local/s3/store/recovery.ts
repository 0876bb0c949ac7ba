import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { messageOf } from '../../../run/errors.js';
import { StoreDamagedError } from '../errors.js';
import { Bucket } from './bucket.js';
import type { Cleanup } from './cleanup.js';
import {
  bucketManifestSchema,
  type ObjectManifest,
  objectManifestSchema,
  type PartManifest,
  partManifestSchema,
  type Segment,
  uploadManifestSchema,
} from './manifest.js';
import { MultipartUpload } from './multipartUpload.js';
import { StoredObject } from './storedObject.js';
import type { StoreFiles } from './storeFiles.js';

/** Manifests that are read at the same time. */
const readers = 32;

/**
 * Brings the buckets into memory from what lies on disk, and removes what a crash left behind: blobs that no manifest
 * names, and records of uploads that had been completed.
 *
 * @throws StoreDamagedError naming every manifest that cannot be read and every blob that is missing
 */
export async function recoverBuckets(files: StoreFiles, cleanup: Cleanup): Promise<Map<string, Bucket>> {
  const blobs = new Set(await files.blobNames());
  const faults: string[] = [];
  const recovery = new Recovery(files, cleanup, blobs, faults);
  const buckets = new Map<string, Bucket>();
  for (const name of await files.bucketNames()) {
    const bucket = await recovery.bucket(name);
    if (bucket) buckets.set(name, bucket);
  }
  if (faults.length > 0) throw new StoreDamagedError(files.directory, faults);
  const orphans = [...blobs].filter((blob) => !recovery.named.has(blob));
  await files.removeBlobs(orphans.map((blob) => ({ blob, size: 0 })));
  return buckets;
}

class Recovery {
  /** Blobs that manifests name. */
  readonly named = new Set<string>();
  readonly #files: StoreFiles;
  readonly #cleanup: Cleanup;
  readonly #blobs: ReadonlySet<string>;
  readonly #faults: string[];

  constructor(files: StoreFiles, cleanup: Cleanup, blobs: ReadonlySet<string>, faults: string[]) {
    this.#files = files;
    this.#cleanup = cleanup;
    this.#blobs = blobs;
    this.#faults = faults;
  }

  async bucket(name: string): Promise<Bucket | undefined> {
    const manifest = await this.#read(this.#files.bucketManifestPath(name), bucketManifestSchema);
    if (!manifest) return undefined;
    const objects = await this.#objects(name);
    const completed = new Set(objects.map((object) => object.multipart?.uploadId));
    const uploads: MultipartUpload[] = [];
    for (const uploadId of await readdir(this.#files.uploadsPath(name))) {
      const upload = await this.#upload(name, uploadId, completed.has(uploadId));
      if (upload) uploads.push(upload);
    }
    return new Bucket(this.#files, this.#cleanup, manifest, {
      objects: objects.map((object) => [object.key, new StoredObject(object)]),
      uploads: uploads.map((upload) => [upload.manifest.uploadId, upload]),
    });
  }

  async #objects(bucket: string): Promise<ObjectManifest[]> {
    const directory = this.#files.objectsPath(bucket);
    const objects = await this.#readAll(directory, await readdir(directory), objectManifestSchema);
    for (const object of objects) this.#claim(object.segments, `object ${object.key} of bucket ${bucket}`);
    return objects;
  }

  async #upload(bucket: string, uploadId: string, isCompleted: boolean): Promise<MultipartUpload | undefined> {
    const directory = this.#files.uploadPath(bucket, uploadId);
    if (isCompleted) {
      this.#cleanup.start((await this.#files.detachDirectory(directory))());
      return undefined;
    }
    const manifest = await this.#read(join(directory, 'upload.json'), uploadManifestSchema);
    const names = (await readdir(directory)).filter((name) => name !== 'upload.json');
    const parts: PartManifest[] = await this.#readAll(directory, names, partManifestSchema);
    for (const part of parts) this.#claim(part.segments, `part ${part.partNumber} of upload ${uploadId}`);
    return manifest && new MultipartUpload(this.#files, this.#cleanup, bucket, manifest, parts);
  }

  #claim(segments: readonly Segment[], owner: string): void {
    for (const { blob } of segments) {
      if (!this.#blobs.has(blob)) this.#faults.push(`${owner} lacks its bytes, blobs/${blob}`);
      this.named.add(blob);
    }
  }

  async #readAll<Schema extends z.ZodType>(
    directory: string,
    names: readonly string[],
    schema: Schema,
  ): Promise<z.infer<Schema>[]> {
    const manifests: z.infer<Schema>[] = [];
    const waiting = names.values();
    const work = async () => {
      for (const name of waiting) {
        const manifest = await this.#read(join(directory, name), schema);
        if (manifest !== undefined) manifests.push(manifest);
      }
    };
    await Promise.all(Array.from({ length: readers }, work));
    return manifests;
  }

  async #read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema> | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      this.#faults.push(`${path} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }
}
