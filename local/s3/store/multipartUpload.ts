import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WriteConditions } from '../conditions.js';
import { S3Error } from '../errors.js';
import type { Bucket } from './bucket.js';
import type { Cleanup } from './cleanup.js';
import { KeyedLock } from './keyedLock.js';
import type { ObjectManifest, PartManifest, UploadManifest } from './manifest.js';
import type { StoreFiles } from './storeFiles.js';

/** A multipart upload in progress. Its parts become segments of the object as they lie; nothing is copied. */
export class MultipartUpload {
  readonly manifest: UploadManifest;
  readonly #files: StoreFiles;
  readonly #cleanup: Cleanup;
  readonly #bucketName: string;
  readonly #parts: Map<number, PartManifest>;
  /** One step at a time: a part is never added to an upload that is being completed. */
  readonly #steps = new KeyedLock();
  #isOpen = true;

  constructor(
    files: StoreFiles,
    cleanup: Cleanup,
    bucketName: string,
    manifest: UploadManifest,
    parts: Iterable<PartManifest> = [],
  ) {
    this.#files = files;
    this.#cleanup = cleanup;
    this.#bucketName = bucketName;
    this.manifest = manifest;
    this.#parts = new Map([...parts].map((part) => [part.partNumber, part]));
  }

  static async create(
    files: StoreFiles,
    cleanup: Cleanup,
    bucket: Bucket,
    manifest: UploadManifest,
  ): Promise<MultipartUpload> {
    await files.createDirectory(files.uploadPath(bucket.name, manifest.uploadId), async (temporary) => {
      await writeFile(join(temporary, 'upload.json'), JSON.stringify(manifest));
    });
    const upload = new MultipartUpload(files, cleanup, bucket.name, manifest);
    bucket.uploads.set(manifest.uploadId, upload);
    return upload;
  }

  /** The parts so far, by ascending number. */
  parts(): PartManifest[] {
    return [...this.#parts.values()].sort((a, b) => a.partNumber - b.partNumber);
  }

  part(partNumber: number): PartManifest | undefined {
    return this.#parts.get(partNumber);
  }

  /** Adds a part, in place of an earlier one of the same number. */
  async addPart(part: PartManifest): Promise<void> {
    await this.#step(async () => {
      await this.#files.writeManifest(
        this.#files.partPath(this.#bucketName, this.manifest.uploadId, part.partNumber),
        part,
      );
      const replaced = this.#parts.get(part.partNumber);
      this.#parts.set(part.partNumber, part);
      if (replaced) this.#cleanup.start(this.#files.removeBlobs(replaced.segments));
    });
  }

  async abort(bucket: Bucket): Promise<void> {
    await this.#step(() => this.#end(bucket, this.parts()));
  }

  /**
   * Turns the upload into an object.
   *
   * @param assemble makes the manifest of the object; what it throws leaves the upload as it was
   */
  async complete(
    bucket: Bucket,
    conditions: WriteConditions,
    assemble: () => Promise<ObjectManifest>,
  ): Promise<ObjectManifest> {
    return this.#step(() =>
      bucket.commit(this.manifest.key, conditions, assemble, async () => {
        const used = new Set(bucket.object(this.manifest.key).manifest.multipart?.parts.map((part) => part.partNumber));
        await this.#end(
          bucket,
          this.parts().filter((part) => !used.has(part.partNumber)),
        );
      }),
    );
  }

  async #end(bucket: Bucket, unused: PartManifest[]): Promise<void> {
    this.#isOpen = false;
    bucket.uploads.delete(this.manifest.uploadId);
    const remove = await this.#files.detachDirectory(this.#files.uploadPath(this.#bucketName, this.manifest.uploadId));
    this.#cleanup.start(remove());
    for (const part of unused) this.#cleanup.start(this.#files.removeBlobs(part.segments));
  }

  #step<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#steps.run('', () => {
      if (!this.#isOpen) throw new S3Error('NoSuchUpload', { details: { UploadId: this.manifest.uploadId } });
      return task();
    });
  }
}
