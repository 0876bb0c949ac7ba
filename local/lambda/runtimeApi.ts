import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { readBody } from '../requestBody.js';

/** Longest result of an invocation in bytes: 6 MB and what JSON may add (Lambda quota). */
export const maxResultBytes = 6 * 1024 * 1024 + 100;

const prefix = '/2018-06-01/runtime';

/** An error as a runtime reports it. */
export interface RuntimeError {
  readonly errorType: string;
  /** The document that the runtime posted, which the caller of the function receives. */
  readonly document: Buffer;
}

/** What a runtime tells by its requests. Times are those of `performance.now()`. */
export type RuntimeRequest =
  | { readonly type: 'next'; readonly atMs: number }
  | { readonly type: 'response'; readonly atMs: number; readonly payload: Buffer }
  | { readonly type: 'error'; readonly atMs: number; readonly error: RuntimeError }
  | { readonly type: 'initError'; readonly atMs: number; readonly error: RuntimeError };

/** One invocation for a runtime. */
export interface RuntimeInvocation {
  readonly requestId: string;
  readonly event: Buffer;
  readonly deadlineEpochMs: number;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  /** JSON document of the caller. */
  readonly clientContext?: string;
}

const errorDocumentSchema = z.looseObject({ errorType: z.string().optional() });

/**
 * The server side of the [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) for one
 * process, on a port of its own, so that any runtime client of Lambda can be at the other end.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #onRequest: (request: RuntimeRequest) => void;
  #waiting: ServerResponse | undefined;
  #currentRequestId: string | undefined;

  private constructor(onRequest: (request: RuntimeRequest) => void) {
    this.#onRequest = onRequest;
    this.#server = createServer((request, response) => {
      this.#route(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
    this.#server.keepAliveTimeout = 0;
  }

  static async listen(onRequest: (request: RuntimeRequest) => void): Promise<RuntimeApi> {
    const api = new RuntimeApi(onRequest);
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject);
      api.#server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  /** `host:port`, the value of `AWS_LAMBDA_RUNTIME_API`. */
  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  /** Gives the waiting runtime its invocation. */
  deliver(invocation: RuntimeInvocation): void {
    const response = this.#waiting;
    if (!response) throw new Error('the runtime has not asked for an invocation');
    this.#waiting = undefined;
    this.#currentRequestId = invocation.requestId;
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': invocation.event.length,
      'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
      'Lambda-Runtime-Deadline-Ms': String(invocation.deadlineEpochMs),
      'Lambda-Runtime-Invoked-Function-Arn': invocation.invokedFunctionArn,
      'Lambda-Runtime-Trace-Id': invocation.traceId,
      ...(invocation.clientContext !== undefined && { 'Lambda-Runtime-Client-Context': invocation.clientContext }),
    });
    response.end(invocation.event);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    if (route === `GET ${prefix}/invocation/next`) {
      this.#currentRequestId = undefined;
      this.#waiting = response;
      this.#onRequest({ type: 'next', atMs: performance.now() });
      return;
    }
    const body = await readBody(request, maxResultBytes);
    const atMs = performance.now();
    if (route === `POST ${prefix}/init/error`) {
      answer(response, 202, { status: 'OK' });
      this.#onRequest({ type: 'initError', atMs, error: readError(request, body ?? Buffer.from('{}')) });
      return;
    }
    const [, requestId, kind] = /^POST \/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(route) ?? [];
    if (kind === undefined)
      return answer(response, 404, { errorType: 'NotFound', errorMessage: `no such route: ${route}` });
    if (requestId !== this.#currentRequestId)
      return answer(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' });
    this.#currentRequestId = undefined;
    if (body === undefined) {
      const errorMessage = `Exceeded maximum allowed payload size (${maxResultBytes} bytes).`;
      answer(response, 413, { errorType: 'RequestEntityTooLarge', errorMessage });
      this.#onRequest({ type: 'error', atMs, error: resultTooLarge() });
      return;
    }
    answer(response, 202, { status: 'OK' });
    if (kind === 'response') this.#onRequest({ type: 'response', atMs, payload: body });
    else this.#onRequest({ type: 'error', atMs, error: readError(request, body) });
  }
}

function resultTooLarge(): RuntimeError {
  const errorType = 'Function.ResponseSizeTooLarge';
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxResultBytes} bytes).`;
  return { errorType, document: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}

function readError(request: IncomingMessage, document: Buffer): RuntimeError {
  const header = request.headers['lambda-runtime-function-error-type'];
  if (typeof header === 'string') return { errorType: header, document };
  try {
    return {
      errorType: errorDocumentSchema.parse(JSON.parse(document.toString())).errorType ?? 'Runtime.Unknown',
      document,
    };
  } catch {
    return { errorType: 'Runtime.Unknown', document };
  }
}

function answer(response: ServerResponse, status: number, document: object): void {
  const body = JSON.stringify(document);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
