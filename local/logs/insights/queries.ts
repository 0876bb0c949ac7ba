import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../../../run/errors.js';
import { InvalidParameterError, ResourceNotFoundError } from '../errors.js';
import type { LogGroup } from '../store/logGroup.js';
import { Pipeline, type ResultField } from './pipeline.js';
import { parseQuery } from './queryParser.js';

export type QueryStatus = 'Running' | 'Complete' | 'Failed' | 'Cancelled';

/** What a query has looked at so far. */
export interface QueryStatistics {
  recordsMatched: number;
  recordsScanned: number;
  bytesScanned: number;
  logGroupsScanned: number;
}

export interface QueryRequest {
  readonly text: string;
  readonly groups: readonly LogGroup[];
  /** First and last second, both inclusive, as milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** Most results (default 10,000). */
  readonly limit?: number;
}

/** Queries that are remembered. */
const maxRemembered = 1000;

/** One run of a query. */
export class Query {
  readonly id = randomUUID();
  readonly createdMs = Date.now();
  readonly request: QueryRequest;
  readonly statistics: QueryStatistics = { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0, logGroupsScanned: 0 };
  readonly #accountId: string;
  readonly #pipeline: Pipeline;
  #status: QueryStatus = 'Running';
  #results: ResultField[][] = [];
  #failure: string | undefined;

  /** @throws MalformedQueryError */
  constructor(request: QueryRequest, accountId: string) {
    this.request = request;
    this.#accountId = accountId;
    this.#pipeline = new Pipeline(parseQuery(request.text), request.limit);
  }

  get status(): QueryStatus {
    return this.#status;
  }

  /** Why a query with the status `Failed` failed. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Results; empty until the status is `Complete`. */
  get results(): readonly ResultField[][] {
    return this.#results;
  }

  /** Runs to the end, or until it is cancelled. Never rejects. */
  async run(): Promise<void> {
    try {
      for (const group of this.request.groups) {
        await this.#scan(group);
        if (this.#status !== 'Running') return;
        this.statistics.logGroupsScanned++;
      }
      this.#results = this.#pipeline.results();
      this.#status = 'Complete';
    } catch (error) {
      this.#failure = messageOf(error);
      this.#status = 'Failed';
    }
  }

  /** @returns whether it was running. */
  cancel(): boolean {
    if (this.#status !== 'Running') return false;
    this.#status = 'Cancelled';
    return true;
  }

  async #scan(group: LogGroup): Promise<void> {
    const { startMs, endMs } = this.request;
    for (const stream of await group.streams())
      for await (const events of stream.scan(startMs, endMs)) {
        if (this.#status !== 'Running') return;
        for (const event of events) {
          this.statistics.recordsScanned++;
          this.statistics.bytesScanned += Buffer.byteLength(event.message);
          this.#pipeline.add({ event, accountId: this.#accountId, logGroup: group.name, logStream: stream.name });
        }
        this.statistics.recordsMatched = this.#pipeline.matched;
        // A long scan must not keep other requests waiting.
        await turn();
      }
  }
}

/** The queries of this process. Their results live in memory. */
export class Queries {
  readonly #accountId: string;
  readonly #queries = new Map<string, Query>();
  readonly #running = new Set<Promise<void>>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  /** @throws MalformedQueryError */
  start(request: QueryRequest): Query {
    const query = new Query(request, this.#accountId);
    this.#queries.set(query.id, query);
    for (const id of [...this.#queries.keys()].slice(0, -maxRemembered)) this.#queries.delete(id);
    const running = query.run().finally(() => this.#running.delete(running));
    this.#running.add(running);
    return query;
  }

  /** @throws ResourceNotFoundError */
  get(id: string): Query {
    const query = this.#queries.get(id);
    if (!query) throw new ResourceNotFoundError(`Query ${id} does not exist.`);
    return query;
  }

  /** @throws ResourceNotFoundError, InvalidParameterError for a query that has ended. */
  stop(id: string): void {
    if (!this.get(id).cancel()) throw new InvalidParameterError(`Query ${id} is not running: it has ended.`);
  }

  /** All queries, the latest first. */
  list(): Query[] {
    return [...this.#queries.values()].reverse();
  }

  /** Cancels what runs and waits until it has stopped. */
  async close(): Promise<void> {
    for (const query of this.#queries.values()) query.cancel();
    await Promise.all(this.#running);
  }
}
