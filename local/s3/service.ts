import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../run/errors.js';
import type { Credentials } from '../sigv4.js';
import { authenticate } from './authentication.js';
import { ClientGoneError, S3Error } from './errors.js';
import type { OperationContext } from './operation.js';
import { bucketConfigurationOperations } from './operations/bucketConfiguration.js';
import { bucketOperations } from './operations/buckets.js';
import { copyOperations } from './operations/copyObject.js';
import { deleteOperations } from './operations/deleteObjects.js';
import { getOperations } from './operations/getObject.js';
import { listOperations } from './operations/listObjects.js';
import { multipartOperations } from './operations/multipart.js';
import { multipartListOperations } from './operations/multipartLists.js';
import { attributesOperations } from './operations/objectAttributes.js';
import { putOperations } from './operations/putObject.js';
import { taggingOperations } from './operations/tagging.js';
import { partCopyOperations } from './operations/uploadPartCopy.js';
import { Reply } from './reply.js';
import { S3Request } from './request.js';
import { Router } from './router.js';
import { ObjectStore } from './store/objectStore.js';

/** Where the service says what goes on. `console` and the Powertools logger fit. */
export interface S3Logger {
  /** One line a request. */
  debug(message: string): void;
  /** A fault of this side, not of a request. */
  error(message: string, error: Error): void;
}

export interface S3ServiceOptions {
  /** Holds everything; made when it is missing. One service at a time. */
  directory: string;
  /** What GetBucketLocation answers. Requests may be signed for any region. */
  region: string;
  /** The one key pair that requests must be signed with. */
  credentials: Credentials;
  logger?: S3Logger;
}

/** An S3 with path-style addressing, over files of one directory. */
export interface S3Service {
  /** Resolves when what lies on disk has been read; rejects with StoreDamagedError. Requests wait for it. */
  readonly ready: Promise<void>;
  /** Answers one request, whatever comes; resolves when that is done, and never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Waits for removals under way. Call when the server has stopped. */
  close(): Promise<void>;
}

/**
 * Makes the S3 of the embedded cloud: an HTTP handler, to be put behind a server.
 *
 * @example
 * const s3 = createS3Service({ directory: '.muster/s3', region: 'us-east-1', credentials });
 * await s3.ready;
 * createServer((request, response) => void s3.handle(request, response)).listen(0, '127.0.0.1');
 */
export function createS3Service(options: S3ServiceOptions): S3Service {
  return new HttpS3Service(options);
}

const router = new Router([
  ...bucketOperations,
  ...bucketConfigurationOperations,
  ...listOperations,
  ...getOperations,
  ...putOperations,
  ...copyOperations,
  ...deleteOperations,
  ...multipartOperations,
  ...partCopyOperations,
  ...multipartListOperations,
  ...attributesOperations,
  ...taggingOperations,
]);

class HttpS3Service implements S3Service {
  readonly ready: Promise<void>;
  readonly #opened: Promise<OperationContext>;
  readonly #credentials: Credentials;
  readonly #logger: S3Logger | undefined;

  constructor({ directory, region, credentials, logger }: S3ServiceOptions) {
    this.#credentials = credentials;
    this.#logger = logger;
    const report = (error: unknown) => logger?.error('The local S3 could not remove a file.', asError(error));
    this.#opened = ObjectStore.open(directory, report).then((store) => ({ store, region }));
    this.ready = this.#opened.then(() => undefined);
    // Whoever does not wait for `ready` learns of its failure from the answers.
    this.ready.catch(() => undefined);
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const reply = new Reply(response, randomBytes(8).toString('hex').toUpperCase(), randomBytes(32).toString('base64'));
    let name = '?';
    try {
      const context = await this.#opened;
      const request = new S3Request(message, authenticate(message, this.#credentials));
      const operation = router.find(request);
      name = operation.name;
      await operation.run(request, reply, context);
    } catch (error) {
      this.#answerError(error, message, reply);
    }
    const ms = (performance.now() - startedMs).toFixed(1);
    this.#logger?.debug(`s3 ${name} ${message.method} ${message.url} ${response.statusCode} ${ms} ms`);
  }

  async close(): Promise<void> {
    const { store } = await this.#opened;
    await store.close();
  }

  #answerError(error: unknown, message: IncomingMessage, reply: Reply): void {
    if (error instanceof ClientGoneError) {
      reply.response.destroy();
      return;
    }
    const isAnswer = error instanceof S3Error;
    if (!isAnswer) this.#logger?.error(`The local S3 failed at ${message.method} ${message.url}.`, asError(error));
    if (reply.response.headersSent) {
      // Too late for an error document: the client must see the body end short of its length.
      reply.response.destroy();
      return;
    }
    const url = message.url ?? '/';
    const answer = isAnswer ? error : internalError(error);
    reply.error(answer, message.method ?? 'GET', url.split('?')[0]);
    // Reads and drops what is left of the body, so that the client gets to read the answer.
    message.resume();
  }
}

/** Says more than S3 does, because nobody else will look for the reason: it lies on the client's own machine. */
const internalError = (error: unknown): S3Error =>
  new S3Error('InternalError', { message: `The embedded S3 failed: ${messageOf(error)}`, cause: error });

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
