import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { type CallKind, CallLog } from './callLog.js';
import {
  BrokenBodyError,
  DeletionError,
  InvalidObjectError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StorageError,
} from './errors.js';

/** A GET whose body breaks off is made so often. */
const bodyAttempts = 3;

/** An object as listings and heads describe it. */
export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes, as S3 sends it. */
  readonly etag: string;
}

/** A write that must be the first (`absent`) or must replace exactly one version (`etag`). */
export type WriteCondition = { readonly absent: true } | { readonly etag: string };

export interface PutOptions {
  readonly contentType?: string;
  readonly condition?: WriteCondition;
  /** Needs `s3:PutObjectTagging` beside `s3:PutObject`. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Most keys that S3 removes in one call. */
const maxDeletions = 1000;

/** S3 as the job sees it: typed JSON, whole listings, conditional writes, every call counted. */
export class ObjectStore {
  readonly calls: CallLog;
  readonly #client: S3Client;

  constructor(client: S3Client, calls = new CallLog()) {
    this.#client = client;
    this.calls = calls;
  }

  /** The same store, whose calls are counted elsewhere. */
  countedIn(calls: CallLog): ObjectStore {
    return new ObjectStore(this.#client, calls);
  }

  /**
   * One GET; the caller consumes the body inside `use`, so that the call's time includes it. When the body breaks off, which
   * the SDK's own retries do not cover, the object is asked for again and `use` begins anew.
   */
  async get<T>(
    bucket: string,
    key: string,
    use: (response: GetObjectCommandOutput) => Promise<T>,
    options: { range?: string; ifMatch?: string; signal?: AbortSignal } = {},
  ): Promise<T> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: options.range, IfMatch: options.ifMatch });
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call('get', bucket, key, async () =>
          use(await this.#client.send(command, { abortSignal: options.signal })),
        );
      } catch (error) {
        options.signal?.throwIfAborted();
        if (attempt >= bodyAttempts || !isBrokenBody(error)) throw error;
      }
    }
  }

  async getBytes(bucket: string, key: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.get(
      bucket,
      key,
      async ({ Body }) => {
        const bytes = Body ? await Body.transformToByteArray() : new Uint8Array();
        this.calls.bytesRead += bytes.length;
        return bytes;
      },
      { signal },
    );
  }

  /**
   * Reads a JSON object and checks its shape.
   *
   * @throws ObjectNotFoundError, InvalidObjectError that lists what is wrong with the content.
   */
  async getJson<T>(bucket: string, key: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
    return parseJson(bucket, key, await this.getBytes(bucket, key, signal), schema);
  }

  /** Like `getJson`, but undefined when there is no such object, and with the version's etag. */
  async findJson<T>(
    bucket: string,
    key: string,
    schema: z.ZodType<T>,
  ): Promise<{ value: T; etag: string } | undefined> {
    return this.#find(bucket, key, (bytes) => parseJson(bucket, key, bytes, schema));
  }

  /** An object as UTF-8 text, with the version's etag; undefined when there is no such object. */
  async findText(bucket: string, key: string): Promise<{ value: string; etag: string } | undefined> {
    return this.#find(bucket, key, (bytes) => new TextDecoder().decode(bytes));
  }

  async #find<T>(
    bucket: string,
    key: string,
    read: (bytes: Uint8Array) => T,
  ): Promise<{ value: T; etag: string } | undefined> {
    try {
      return await this.get(bucket, key, async ({ Body, ETag }) => {
        const bytes = Body ? await Body.transformToByteArray() : new Uint8Array();
        this.calls.bytesRead += bytes.length;
        return { value: read(bytes), etag: ETag ?? '' };
      });
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /**
   * Writes an object whole.
   *
   * @throws PreconditionFailedError when `condition` does not hold.
   */
  async put(bucket: string, key: string, body: Uint8Array | string, options: PutOptions = {}): Promise<void> {
    const { condition, tags } = options;
    // An empty string is no body to the SDK, but a stream whose length it does not know.
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: bytes,
      ContentType: options.contentType,
      Tagging: tags && new URLSearchParams(tags).toString(),
      IfNoneMatch: condition && 'absent' in condition ? '*' : undefined,
      IfMatch: condition && 'etag' in condition ? condition.etag : undefined,
    });
    await this.#call('put', bucket, key, () => this.#client.send(command, { abortSignal: options.signal }));
    this.calls.bytesWritten += bytes.length;
  }

  async putJson(bucket: string, key: string, value: unknown, options: PutOptions = {}): Promise<void> {
    await this.put(bucket, key, JSON.stringify(value), { contentType: 'application/json', ...options });
  }

  /** Undefined when there is no such object. */
  async head(bucket: string, key: string): Promise<ObjectInfo | undefined> {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
    try {
      const response = await this.#call('head', bucket, key, () => this.#client.send(command));
      return { key, size: response.ContentLength ?? 0, etag: response.ETag ?? '' };
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /** Every object under a prefix, page by page, in S3's order (UTF-8 bytes). */
  async *list(bucket: string, prefix: string): AsyncGenerator<ObjectInfo> {
    let continuation: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: continuation });
      const page = await this.#call('list', bucket, prefix, () => this.#client.send(command));
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, size: Size ?? 0, etag: ETag ?? '' };
      }
      continuation = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (continuation !== undefined);
  }

  /**
   * Removes objects, as many at a time as S3 takes. Those that are not there are no fault.
   *
   * @throws DeletionError naming what is still there.
   */
  async delete(bucket: string, keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += maxDeletions) {
      const objects = keys.slice(start, start + maxDeletions).map((Key) => ({ Key }));
      const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } });
      const { Errors = [] } = await this.#call('delete', bucket, keys[start] ?? '', () => this.#client.send(command));
      if (Errors.length > 0) throw new DeletionError(bucket, Errors);
    }
  }

  /** Streams an object into a file, making its folders. */
  async download(bucket: string, key: string, path: string, signal?: AbortSignal): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.get(
      bucket,
      key,
      async ({ Body, ContentLength }) => {
        if (!(Body instanceof Readable)) throw new TypeError('expected the body of a GET to be a Node stream');
        await pipeline(Body, createWriteStream(path), { signal });
        this.calls.bytesRead += ContentLength ?? 0;
      },
      { signal },
    );
  }

  async #call<T>(kind: CallKind, bucket: string, key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await this.calls.record(kind, call);
    } catch (error) {
      throw translate(kind, bucket, key, error);
    }
  }
}

const connectionFaults = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

function isBrokenBody(error: unknown): boolean {
  if (error instanceof BrokenBodyError) return true;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return connectionFaults.has(code) || error.message === 'aborted';
}

function parseJson<T>(bucket: string, key: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new InvalidObjectError(bucket, key, 'it is not JSON', error);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidObjectError(bucket, key, z.prettifyError(result.error), result.error);
}

const missing = new Set(['NoSuchKey', 'NoSuchBucket', 'NotFound']);
/** Refusals that stay, whoever asks again: who we are, where the bucket is, what a key may be. */
const lasting = new Set(['PermanentRedirect', 'InvalidBucketName', 'KeyTooLongError', 'MethodNotAllowed']);
/** Answers 403 that pass. */
const passing = new Set(['RequestTimeTooSkewed', 'ExpiredToken']);

function translate(kind: CallKind, bucket: string, key: string, error: unknown): unknown {
  if (error instanceof S3ServiceException) {
    if (missing.has(error.name)) return new ObjectNotFoundError(bucket, key, error);
    const status = error.$metadata.httpStatusCode;
    if (status === 412 || (status === 409 && kind === 'put')) return new PreconditionFailedError(bucket, key, error);
    const denied = status === 403 && !passing.has(error.name);
    const refusal = denied ? 'denied' : lasting.has(error.name) || status === 301 ? 'lasting' : 'passing';
    return new StorageError(kind, bucket, key, error, refusal);
  }
  // Everything else (a reset connection, an abort, a fault in the caller's code) keeps its own name.
  return error;
}
