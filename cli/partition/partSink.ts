import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type EncodedFile, saveFile } from '../../data/index.js';
import { isPartitionKey, s3Uri } from '../../run/keys.js';
import type { S3Place } from '../transfer/s3Place.js';
import { partBytes } from '../transfer/uploadFile.js';

/** Where the parts of a dataset go. A part is there whole or not at all. */
export interface PartSink {
  /** What messages call it. */
  readonly name: string;
  /** Partition files that are there, with their size in bytes. */
  existing(): Promise<ReadonlyMap<string, number>>;
  save(name: string, file: EncodedFile, signal: AbortSignal): Promise<void>;
}

/** A folder; made if it is not there. */
export class FolderSink implements PartSink {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  async existing(): Promise<ReadonlyMap<string, number>> {
    await mkdir(this.name, { recursive: true });
    const names = (await readdir(this.name)).filter(isPartitionKey);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(this.name, name))).size));
    return new Map(names.map((name, index) => [name, sizes[index]]));
  }

  async save(name: string, file: EncodedFile, signal: AbortSignal): Promise<void> {
    await saveFile(join(this.name, name), file, signal);
  }
}

/** A prefix of a bucket. */
export class S3Sink implements PartSink {
  readonly name: string;
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #root: string;

  constructor(s3: S3Client, { bucket, prefix }: S3Place) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#root = prefix === '' ? '' : `${prefix}/`;
    this.name = s3Uri(bucket, prefix);
  }

  async existing(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    const request = { Bucket: this.#bucket, Prefix: this.#root };
    for await (const { Contents } of paginateListObjectsV2({ client: this.#s3 }, request)) {
      for (const { Key = '', Size = 0 } of Contents ?? []) {
        if (isPartitionKey(Key)) sizes.set(Key.slice(this.#root.length), Size);
      }
    }
    return sizes;
  }

  async save(name: string, file: EncodedFile, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const upload = new Upload({
      client: this.#s3,
      partSize: partBytes(file.byteLength),
      params: {
        Bucket: this.#bucket,
        Key: `${this.#root}${name}`,
        Body: Readable.from(file.content),
        ChecksumAlgorithm: 'CRC64NVME',
      },
    });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await upload.done();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
