import { S3Error } from '../errors.js';
import { BlobWriter } from './blobWriter.js';
import { Bucket } from './bucket.js';
import { Cleanup } from './cleanup.js';
import { KeyedLock } from './keyedLock.js';
import type { Segment, UploadManifest } from './manifest.js';
import { MultipartUpload } from './multipartUpload.js';
import { recoverBuckets } from './recovery.js';
import { StoreFiles } from './storeFiles.js';

/** All buckets under one directory. The directory belongs to one store at a time. */
export class ObjectStore {
  readonly files: StoreFiles;
  readonly #cleanup: Cleanup;
  readonly #buckets: Map<string, Bucket>;
  readonly #bucketSteps = new KeyedLock();

  private constructor(files: StoreFiles, cleanup: Cleanup, buckets: Map<string, Bucket>) {
    this.files = files;
    this.#cleanup = cleanup;
    this.#buckets = buckets;
  }

  /**
   * @param report told of removals that failed
   * @throws StoreDamagedError
   */
  static async open(directory: string, report: (error: unknown) => void): Promise<ObjectStore> {
    const files = new StoreFiles(directory);
    await files.prepare();
    const cleanup = new Cleanup(report);
    return new ObjectStore(files, cleanup, await recoverBuckets(files, cleanup));
  }

  /** By name. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws S3Error NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket', { details: { BucketName: name } });
    return bucket;
  }

  /** @returns whether there was none of this name before */
  async createBucket(name: string): Promise<boolean> {
    return this.#bucketSteps.run(name, async () => {
      if (this.#buckets.has(name)) return false;
      this.#buckets.set(name, await Bucket.create(this.files, this.#cleanup, name));
      return true;
    });
  }

  /** @throws S3Error NoSuchBucket, BucketNotEmpty */
  async deleteBucket(name: string): Promise<void> {
    await this.#bucketSteps.run(name, async () => {
      const bucket = this.bucket(name);
      bucket.close();
      this.#buckets.delete(name);
      for (const upload of [...bucket.uploads.values()]) await upload.abort(bucket);
      this.#cleanup.start((await this.files.detachDirectory(this.files.bucketPath(name)))());
    });
  }

  /** Begins a multipart upload. */
  createUpload(bucket: Bucket, manifest: UploadManifest): Promise<MultipartUpload> {
    return bucket.whileOpen(() => MultipartUpload.create(this.files, this.#cleanup, bucket, manifest));
  }

  /**
   * Writes a new blob with whatever `fill` hands to the writer, or leaves nothing behind.
   *
   * @returns the segments of it (none when it is empty) beside what `fill` returned
   */
  async writeBlob<Result>(fill: (writer: BlobWriter) => Promise<Result>): Promise<[Segment[], Result]> {
    const writer = new BlobWriter(this.files);
    try {
      const result = await fill(writer);
      const segment = await writer.finish();
      return [segment ? [segment] : [], result];
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  /** Runs the step that gives segments an owner. When it fails, they are removed. */
  async adopt<Result>(segments: readonly Segment[], step: () => Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      this.#cleanup.start(this.files.removeBlobs(segments));
      throw error;
    }
  }

  /** Waits for removals under way. */
  async close(): Promise<void> {
    await this.#cleanup.finish();
  }
}
