import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../run/errors.js';
import { BodyTooLongError, RequestRefusedError } from '../errors.js';
import { readSignedBody } from '../signedBody.js';
import type { Credentials } from '../sigv4.js';
import { InvalidParameterError, LogsApiError, ServiceUnavailableError, UnknownOperationError } from './errors.js';
import { Queries } from './insights/queries.js';
import type { LogSink } from './logEvent.js';
import { filterLogEvents, getLogEvents } from './operations/eventReading.js';
import { putLogEvents } from './operations/eventWriting.js';
import { groupOperations } from './operations/groups.js';
import type { LogsState, Operation } from './operations/operation.js';
import { queryOperations } from './operations/queryOperations.js';
import { streamOperations } from './operations/streams.js';
import { LogStore } from './store/logStore.js';

export interface LogsServiceOptions {
  readonly accountId: string;
  readonly region: string;
  /** Holds all events; what earlier processes wrote there can be read. One process at a time. */
  readonly directory: string;
  /** The one key pair that requests must be signed with. */
  readonly credentials: Credentials;
}

const targetPrefix = 'Logs_20140328.';

/** Longest request: a full PutLogEvents batch, every character of it escaped. */
const bodyLimitBytes = 8 * 1024 * 1024;

const operations: ReadonlyMap<string, Operation> = new Map([
  ...Object.entries({ PutLogEvents: putLogEvents, GetLogEvents: getLogEvents, FilterLogEvents: filterLogEvents }),
  ...Object.entries(groupOperations),
  ...Object.entries(streamOperations),
  ...Object.entries(queryOperations),
]);

/** The CloudWatch Logs of the embedded cloud, with Logs Insights: an HTTP handler that AWS clients can talk to. */
export class LogsService {
  readonly #credentials: Credentials;
  readonly #state: LogsState;

  private constructor(credentials: Credentials, state: LogsState) {
    this.#credentials = credentials;
    this.#state = state;
  }

  static async open({ directory, credentials, accountId, region }: LogsServiceOptions): Promise<LogsService> {
    const store = await LogStore.open(directory);
    return new LogsService(credentials, { accountId, region, store, queries: new Queries(accountId) });
  }

  /** Where other services write their logs. */
  get sink(): LogSink {
    return this.#state.store;
  }

  /** Answers one request; resolves when that is done, and never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, 200, await this.#answer(request));
    } catch (error) {
      sendError(response, error);
    }
  }

  /** Cancels running queries. */
  async close(): Promise<void> {
    await this.#state.queries.close();
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const body = await readSignedBody(request, {
      credentials: this.#credentials,
      service: 'logs',
      limitBytes: bodyLimitBytes,
    });
    const target = request.headers['x-amz-target'];
    const name = typeof target === 'string' && target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : '';
    const operation = operations.get(name);
    if (!operation)
      throw new UnknownOperationError(`The embedded CloudWatch Logs has no operation "${name || target}".`);
    return operation(parse(body), this.#state);
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    throw new InvalidParameterError(`The request is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof RequestRefusedError) {
    send(response, error.status, { __type: error.code, message: error.message });
  } else if (error instanceof BodyTooLongError) {
    send(response, 413, { __type: 'RequestEntityTooLargeException', message: error.message });
  } else {
    const known = error instanceof LogsApiError ? error : new ServiceUnavailableError(messageOf(error));
    send(response, known.status, { __type: known.code, message: known.message, ...known.details() });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/x-amz-json-1.1',
    'Content-Length': bytes.length,
    'x-amzn-RequestId': randomUUID(),
  });
  response.end(bytes);
}
