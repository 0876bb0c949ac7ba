import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Segment } from './manifest.js';
import type { StoreFiles } from './storeFiles.js';

/** Bytes that are gathered before they go to the file system in one call. */
const batchBytes = 512 * 1024;

/**
 * Writes one blob from a stream of chunks: while a batch is on its way to disk, the next one gathers. Memory stays
 * within two batches. An empty blob makes no file.
 */
export class BlobWriter {
  readonly #files: StoreFiles;
  readonly #blob: string;
  #file: FileHandle | undefined;
  #batch: Buffer[] = [];
  #batchSize = 0;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(files: StoreFiles) {
    this.#files = files;
    this.#blob = files.newBlobName();
  }

  /** Takes a chunk, which must not change any more. Where it returns a promise, wait before the next one. */
  write(chunk: Buffer): Promise<void> | undefined {
    this.#batch.push(chunk);
    this.#batchSize += chunk.length;
    return this.#batchSize < batchBytes ? undefined : this.#startBatch();
  }

  /** Ends the blob; no segment when it is empty. */
  async finish(): Promise<Segment | undefined> {
    if (this.#batchSize > 0) await this.#startBatch();
    await this.#settle();
    if (!this.#file) return undefined;
    await this.#file.close();
    return { blob: this.#blob, size: this.#size };
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#writing;
    if (!this.#file) return;
    await this.#file.close();
    await unlink(this.#files.blobPath(this.#blob));
  }

  async #startBatch(): Promise<void> {
    const batch = this.#batch;
    const size = this.#batchSize;
    this.#batch = [];
    this.#batchSize = 0;
    await this.#settle();
    this.#file ??= await open(this.#files.blobPath(this.#blob), 'wx');
    this.#size += size;
    this.#writing = writeBatch(this.#file, batch, size).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  async #settle(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function writeBatch(file: FileHandle, batch: Buffer[], size: number): Promise<void> {
  const { bytesWritten } = await file.writev(batch);
  // A write that came up short (disk nearly full) is gone on with, so that the cause comes out as an error.
  if (bytesWritten < size) await file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
}
