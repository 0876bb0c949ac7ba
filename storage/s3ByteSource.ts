import { Readable } from 'node:stream';
import { s3Uri } from '../run/keys.js';
import type { ByteSource } from './byteSource.js';
import { BrokenBodyError, ObjectReplacedError, PreconditionFailedError, ShortReadError } from './errors.js';
import type { ObjectInfo, ObjectStore } from './objectStore.js';
import { SpentBuffers } from './spentBuffers.js';

/** Longer reads are split into ranges of this size that are fetched side by side. */
const rangeBytes = 8 * 1024 * 1024;

const spentBuffers = new SpentBuffers();

/**
 * Random access to one version of an S3 object by ranged GETs, straight into the caller's memory. A replaced object is an
 * error, never a mix of two versions.
 */
export class S3ByteSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #store: ObjectStore;
  readonly #bucket: string;
  readonly #object: ObjectInfo;

  constructor(store: ObjectStore, bucket: string, object: ObjectInfo) {
    this.name = s3Uri(bucket, object.key);
    this.size = object.size;
    this.#store = store;
    this.#bucket = bucket;
    this.#object = object;
  }

  async read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (into.length === 0) return;
    if (offset + into.length > this.size) throw new ShortReadError(this.name, offset, into.length, this.size);
    const reads: Promise<void>[] = [];
    for (let start = 0; start < into.length; start += rangeBytes) {
      reads.push(this.#readRange(offset + start, into.subarray(start, start + rangeBytes), signal));
    }
    // A read that failed must not leave others behind that still write into the caller's memory.
    const settled = await Promise.allSettled(reads);
    const failed = settled.find((read) => read.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #readRange(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    try {
      await this.#fetch(offset, into, signal);
    } catch (error) {
      if (error instanceof PreconditionFailedError) throw new ObjectReplacedError(this.name, error);
      throw error;
    }
  }

  async #fetch(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    const range = `bytes=${offset}-${offset + into.length - 1}`;
    await this.#store.get(
      this.#bucket,
      this.#object.key,
      async ({ Body }) => {
        if (!(Body instanceof Readable)) throw new TypeError('expected the body of a GET to be a Node stream');
        let filled = 0;
        for await (const chunk of Body as AsyncIterable<Buffer>) {
          if (filled + chunk.length > into.length)
            throw new BrokenBodyError(this.name, range, 'more bytes than asked for');
          into.set(chunk, filled);
          filled += chunk.length;
          spentBuffers.spend(chunk.length);
        }
        if (filled < into.length) throw new BrokenBodyError(this.name, range, `only ${filled} bytes`);
        this.#store.calls.bytesRead += filled;
      },
      { range, ifMatch: this.#object.etag, signal },
    );
  }
}
