import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireWritable, type WriteConditions } from '../conditions.js';
import { S3Error } from '../errors.js';
import { KeyIndex } from '../keyIndex.js';
import type { Cleanup } from './cleanup.js';
import { KeyedLock } from './keyedLock.js';
import type { BucketManifest, ObjectManifest, Tag } from './manifest.js';
import type { MultipartUpload } from './multipartUpload.js';
import { StoredObject } from './storedObject.js';
import type { StoreFiles } from './storeFiles.js';

/** What lies in a bucket when it is opened. */
export interface BucketContents {
  objects: Iterable<readonly [key: string, object: StoredObject]>;
  uploads: Iterable<readonly [uploadId: string, upload: MultipartUpload]>;
}

/** A bucket: its objects in listing order, and the steps that change one of them atomically. */
export class Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly objects: KeyIndex<StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
  readonly #files: StoreFiles;
  readonly #cleanup: Cleanup;
  readonly #writers = new KeyedLock();
  #manifest: BucketManifest;
  #commits = 0;
  #isOpen = true;

  constructor(files: StoreFiles, cleanup: Cleanup, manifest: BucketManifest, contents?: BucketContents) {
    this.#files = files;
    this.#cleanup = cleanup;
    this.name = manifest.name;
    this.#manifest = manifest;
    this.createdMs = manifest.createdMs;
    this.objects = new KeyIndex(contents?.objects);
    this.uploads = new Map(contents?.uploads);
  }

  static async create(files: StoreFiles, cleanup: Cleanup, name: string): Promise<Bucket> {
    const manifest: BucketManifest = { version: 1, name, createdMs: Date.now() };
    await files.createDirectory(files.bucketPath(name), async (temporary) => {
      await mkdir(join(temporary, 'objects'));
      await mkdir(join(temporary, 'uploads'));
      await writeFile(join(temporary, 'bucket.json'), JSON.stringify(manifest));
    });
    return new Bucket(files, cleanup, manifest);
  }

  /** @throws S3Error NoSuchKey */
  object(key: string): StoredObject {
    const object = this.objects.get(key);
    if (!object) throw new S3Error('NoSuchKey', { details: { Key: key } });
    return object;
  }

  /**
   * Puts an object in its place, if the conditions hold at that moment. The blobs of the one before it go.
   *
   * @param prepare called while the key is locked, to make the manifest
   * @param seal called while the key is still locked, after the object has become visible
   */
  async commit(
    key: string,
    conditions: WriteConditions,
    prepare: () => Promise<ObjectManifest> | ObjectManifest,
    seal?: () => Promise<void>,
  ): Promise<ObjectManifest> {
    return this.#change(key, async () => {
      const present = this.objects.get(key);
      requireWritable(key, present?.manifest, conditions);
      const manifest = await prepare();
      await this.#files.writeManifest(this.#files.objectPath(this.name, key), manifest);
      this.objects.set(key, new StoredObject(manifest));
      this.#retire(present);
      await seal?.();
      return manifest;
    });
  }

  /** Deletes an object; nothing happens when there is none. */
  async delete(key: string, conditions: Pick<WriteConditions, 'ifMatch'> = {}): Promise<void> {
    await this.#change(key, async () => {
      const present = this.objects.get(key);
      requireWritable(key, present?.manifest, conditions);
      if (!present) return;
      await unlink(this.#files.objectPath(this.name, key));
      this.objects.delete(key);
      this.#retire(present);
    });
  }

  /** @throws S3Error NoSuchKey */
  async retag(key: string, tags: Tag[]): Promise<void> {
    await this.#change(key, async () => {
      const object = this.object(key);
      const description = { ...object.manifest.description, tags };
      const manifest: ObjectManifest = { ...object.manifest, description };
      await this.#files.writeManifest(this.#files.objectPath(this.name, key), manifest);
      object.describe(description);
    });
  }

  /** A setting of the bucket, as the document that set it. */
  configuration(name: string): string | undefined {
    return this.#manifest.configurations?.[name];
  }

  /** Keeps a setting, or forgets it where there is no document. */
  async configure(name: string, document: string | undefined): Promise<void> {
    await this.#change('', async () => {
      const { [name]: _before, ...others } = this.#manifest.configurations ?? {};
      const configurations = document === undefined ? others : { ...others, [name]: document };
      this.#manifest = { ...this.#manifest, configurations };
      await this.#files.writeManifest(this.#files.bucketManifestPath(this.name), this.#manifest);
    });
  }

  /** Ends the bucket, unless something is in it or on its way into it. */
  close(): void {
    if (this.objects.size > 0 || this.#commits > 0) {
      throw new S3Error('BucketNotEmpty', { details: { BucketName: this.name } });
    }
    this.#isOpen = false;
  }

  /**
   * Runs a step that puts something into the bucket, which cannot be deleted meanwhile.
   *
   * @throws S3Error NoSuchBucket when it has been deleted before
   */
  async whileOpen<Result>(step: () => Promise<Result>): Promise<Result> {
    if (!this.#isOpen) throw new S3Error('NoSuchBucket', { details: { BucketName: this.name } });
    this.#commits += 1;
    try {
      return await step();
    } finally {
      this.#commits -= 1;
    }
  }

  /** The settings of the bucket are changed under the empty key, which no object has. */
  #change<Result>(key: string, step: () => Promise<Result>): Promise<Result> {
    return this.whileOpen(() => this.#writers.run(key, step));
  }

  #retire(object: StoredObject | undefined): void {
    object?.retire((segments) => this.#cleanup.start(this.#files.removeBlobs(segments)));
  }
}
