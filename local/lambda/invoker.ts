import { randomBytes, randomUUID } from 'node:crypto';
import { messageOf } from '../../run/errors.js';
import { AsyncInvocations, type AsyncOptions } from './asyncInvocations.js';
import type { ConcurrencyLimits } from './concurrency.js';
import type { EnvironmentPool } from './environmentPool.js';
import { InvalidRequestContentError, RequestTooLargeError, ServiceError } from './errors.js';
import type { InvocationOutcome } from './executionEnvironment.js';
import { type FunctionReference, functionArn } from './functionName.js';
import type { FunctionRegistry } from './functionRegistry.js';

/** Longest event in bytes: 6 MB for an invocation that waits, 1 MB for one that does not (Lambda quotas). */
export const maxEventBytes = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024 } as const;

export interface InvokeRequest {
  readonly reference: FunctionReference;
  /** JSON text; empty stands for `{}`. */
  readonly event: Buffer;
  /** JSON document that the function finds in `context.clientContext`. */
  readonly clientContext?: string;
  readonly requestId?: string;
}

/** How an invocation ended, and which version it ran. */
export interface InvokeOutcome extends InvocationOutcome {
  readonly executedVersion: string;
}

/** Checks events, keeps to the concurrency limits and runs functions in environments. */
export class Invoker {
  readonly #registry: FunctionRegistry;
  readonly #limits: ConcurrencyLimits;
  readonly #pool: EnvironmentPool;
  readonly #queue: AsyncInvocations;
  #closing = false;

  constructor(
    registry: FunctionRegistry,
    limits: ConcurrencyLimits,
    pool: EnvironmentPool,
    asyncOptions: AsyncOptions,
  ) {
    this.#registry = registry;
    this.#limits = limits;
    this.#pool = pool;
    this.#queue = new AsyncInvocations(asyncOptions);
  }

  /**
   * Runs a function and waits for its outcome. An error of the function is an outcome, not an exception.
   *
   * @throws LambdaApiError ResourceNotFound, TooManyRequests, InvalidRequestContent, RequestTooLarge, Service
   */
  async invoke(request: InvokeRequest): Promise<InvokeOutcome> {
    const event = this.check(request, maxEventBytes.RequestResponse);
    return this.#run({ ...request, event });
  }

  /** Queues an event for a function. Throttling does not fail this call: the event waits. */
  enqueue(request: InvokeRequest): void {
    const event = this.check(request, maxEventBytes.Event);
    const requestId = request.requestId ?? randomUUID();
    this.#queue.enqueue(() => this.#run({ ...request, event, requestId }));
  }

  /** Queued events that have neither succeeded nor been given up. */
  get pendingEvents(): number {
    return this.#queue.pending;
  }

  /** Checks a request without running it. @returns the event that the function would get. */
  check({ reference, event }: InvokeRequest, limitBytes: number): Buffer {
    if (this.#closing) throw new ServiceError('The embedded Lambda is closing.');
    this.#registry.get(reference);
    if (event.length > limitBytes)
      throw new RequestTooLargeError(
        `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`,
      );
    if (event.length === 0) return Buffer.from('{}');
    try {
      JSON.parse(event.toString('utf8'));
    } catch (error) {
      throw new InvalidRequestContentError(`Could not parse request body into json: ${messageOf(error)}`);
    }
    return event;
  }

  /** Refuses new invocations and drops queued events. Close the pool beside it: running attempts end with it. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#queue.close();
  }

  async #run({ reference, event, clientContext, requestId = randomUUID() }: InvokeRequest): Promise<InvokeOutcome> {
    if (this.#closing) throw new ServiceError('The embedded Lambda is closing.');
    const revision = this.#registry.get(reference);
    const { name } = revision.definition;
    const free = this.#limits.acquire(name);
    const environment = this.#pool.acquire(revision);
    try {
      const outcome = await environment.invoke({
        requestId,
        event,
        clientContext,
        traceId: newTraceId(),
        invokedFunctionArn:
          reference.qualifier === undefined
            ? revision.arn
            : `${functionArn(this.#registry.account, name)}:${reference.qualifier}`,
      });
      return { ...outcome, executedVersion: revision.version };
    } finally {
      this.#pool.release(environment, this.#registry.isCurrent(revision));
      free();
    }
  }
}

/** Format of https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Sampled=0`;
}
