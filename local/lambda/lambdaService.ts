import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../run/errors.js';
import { BodyTooLongError, RequestRefusedError } from '../errors.js';
import type { LogSink } from '../logs/logEvent.js';
import { readSignedBody } from '../signedBody.js';
import type { Credentials } from '../sigv4.js';
import { findBootstrap } from './bootstrapPath.js';
import { CodeStore, type ReadObject } from './codeStore.js';
import { ConcurrencyLimits } from './concurrency.js';
import { type EnvironmentDescription, EnvironmentPool } from './environmentPool.js';
import { LambdaApiError, RequestTooLargeError, ServiceError } from './errors.js';
import type { FunctionDefinitionInput } from './functionDefinition.js';
import type { Account } from './functionName.js';
import { FunctionRegistry } from './functionRegistry.js';
import { FunctionStore } from './functionStore.js';
import { Invoker, maxEventBytes } from './invoker.js';
import type { LambdaAnswer, LambdaState } from './operations/operation.js';
import { runOperation } from './operations/router.js';
import { Semaphore } from './semaphore.js';

export interface LambdaServiceOptions extends Account {
  readonly functions: readonly FunctionDefinitionInput[];
  /**
   * Holds the folders of running environments, which are removed at the start, and the functions that were made through
   * the API, which stay.
   */
  readonly directory: string;
  /** The one key pair that requests must be signed with. */
  readonly credentials: Credentials;
  /** Variables that every function gets beside its own, such as `AWS_ENDPOINT_URL`. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly logs: LogSink;
  /** Reads the zips of functions that are made through the API. */
  readonly readObject: ReadObject;
  /** Concurrent executions of the account (default 1,000, as on AWS). */
  readonly accountConcurrency?: number;
  /** Processes that may be in their init phase at the same time (default: two for each processor). */
  readonly concurrentStarts?: number;
  /** Limit of the init phase in milliseconds (default 60,000; Lambda has 10,000 but also more processors). */
  readonly initTimeoutMs?: number;
  /** How long an idle environment lives, in milliseconds (default 300,000). */
  readonly idleTimeoutMs?: number;
  /** Waits before the attempts 2 and 3 of an asynchronous invocation, in milliseconds (default 60,000 and 120,000, as on Lambda). */
  readonly asyncRetryDelaysMs?: readonly number[];
  /** Program that every environment runs (default: the built `local/lambda/bootstrap.ts`). */
  readonly bootstrapPath?: string;
}

/** How long processes have between SIGTERM and SIGKILL when the service closes, in milliseconds. */
const stopGraceMs = 500;
const sixHoursMs = 6 * 3600 * 1000;
/** A zip of 50 MB in base64 (Lambda quota) is longer than the longest event. */
const bodyLimitBytes = 70 * 1024 * 1024;

/**
 * The Lambda of the embedded cloud: an HTTP handler that unmodified AWS clients can talk to. Each concurrent invocation
 * is a process of its own that speaks the Lambda Runtime API.
 */
export class LambdaService {
  readonly #credentials: Credentials;
  readonly #state: LambdaState;

  private constructor(credentials: Credentials, state: LambdaState) {
    this.#credentials = credentials;
    this.#state = state;
  }

  /** @throws InvalidFunctionDefinitionError, BootstrapMissingError */
  static async open(options: LambdaServiceOptions): Promise<LambdaService> {
    const { accountId, region, credentials, functions, logs, environment = {} } = options;
    const account = { accountId, region };
    const store = new FunctionStore(join(options.directory, 'functions'), account);
    const registry = new FunctionRegistry(account, store, functions, await store.load());
    const code = new CodeStore(join(options.directory, 'code'), options.readObject);
    await code.keepOnly(registry.codeFolders());
    const limits = new ConcurrencyLimits(registry, options.accountConcurrency ?? 1000);
    const starts = new Semaphore(options.concurrentStarts ?? 2 * availableParallelism());
    const directory = join(options.directory, 'environments');
    const pool = new EnvironmentPool(
      {
        bootstrapPath: options.bootstrapPath ?? findBootstrap(),
        region,
        directory,
        sharedEnvironment: {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          ...environment,
        },
        logs,
        initTimeoutMs: options.initTimeoutMs ?? 60_000,
        enterStart: () => starts.enter(),
      },
      options.idleTimeoutMs ?? 300_000,
    );
    const invoker = new Invoker(registry, limits, pool, {
      retryDelaysMs: options.asyncRetryDelaysMs ?? [60_000, 120_000],
      maximumEventAgeMs: sixHoursMs,
    });
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    return new LambdaService(credentials, { registry, limits, pool, invoker, code });
  }

  /** Which process runs which request. */
  environments(): EnvironmentDescription[] {
    return this.#state.pool.list();
  }

  /** Asynchronous invocations that have neither succeeded nor been given up. */
  get pendingEvents(): number {
    return this.#state.invoker.pendingEvents;
  }

  /** Answers one request; resolves when that is done, and never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    let answer: LambdaAnswer;
    try {
      answer = await this.#answer(request, requestId);
    } catch (error) {
      answer = errorAnswer(error);
    }
    send(response, requestId, answer);
  }

  /** Ends every process that the service started, and waits until they are gone. */
  async close(): Promise<void> {
    const { invoker, pool } = this.#state;
    const drained = invoker.close();
    await pool.close(stopGraceMs);
    await drained;
  }

  async #answer(request: IncomingMessage, requestId: string): Promise<LambdaAnswer> {
    const body = await readSignedBody(request, {
      credentials: this.#credentials,
      service: 'lambda',
      limitBytes: bodyLimitBytes,
    });
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lambda');
    const { method = 'GET', headers } = request;
    return runOperation(this.#state, method, pathname, { requestId, query: searchParams, headers, body });
  }
}

function errorAnswer(error: unknown): LambdaAnswer {
  if (error instanceof RequestRefusedError)
    return { status: error.status, headers: { 'x-amzn-ErrorType': error.code }, body: { message: error.message } };
  if (error instanceof BodyTooLongError)
    return errorAnswer(
      new RequestTooLargeError(
        `Request must be smaller than ${maxEventBytes.RequestResponse} bytes for the InvokeFunction operation`,
      ),
    );
  const known = error instanceof LambdaApiError ? error : new ServiceError(messageOf(error), { cause: error });
  return { status: known.status, headers: { 'x-amzn-ErrorType': known.code }, body: known.toBody() };
}

function send(response: ServerResponse, requestId: string, { status, headers, body }: LambdaAnswer): void {
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'x-amzn-RequestId': requestId,
    ...(bytes && { 'Content-Length': bytes.length }),
    ...headers,
  });
  response.end(bytes);
}
