import { setTimeout as delay } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  ResourceNotFoundException,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { LogGroupNotFoundError, ReportQueryError } from './errors.js';
import type { LambdaReport } from './reportLine.js';

/** Most rows that one Logs Insights query returns. */
export const rowsPerQuery = 10_000;

/** The query that finds every REPORT line of a log group. */
export const reportQueryString = [
  'fields @requestId, @type, @duration, @billedDuration, @initDuration, @memorySize, @maxMemoryUsed, @timestamp, @logStream',
  'filter @type = "REPORT"',
  `limit ${rowsPerQuery}`,
].join(' | ');

/** A REPORT line and where it was found. */
export interface FoundReport extends LambdaReport {
  readonly timestampMs?: number;
  readonly logStream?: string;
}

export interface ReportQuery {
  /** `/aws/lambda/<function name>`. */
  readonly logGroup: string;
  /** The invocations whose REPORT lines are wanted; left out: all of the window, as far as they are there. */
  readonly requestIds?: Iterable<string>;
  /** Window of the lines' timestamps, epoch milliseconds; it is widened to whole seconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** How long the whole search may take, in milliseconds: late lines are waited for until then. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Wait before a query's results are asked for again, in milliseconds; default 250. */
  readonly pollMs?: number;
  /** Most times that the whole query is made, however much time is left; default: no such limit. */
  readonly rounds?: number;
  /** Wait before the whole query is made again for late lines, in milliseconds; default 2000. */
  readonly roundMs?: number;
  readonly clock?: QueryClock;
}

/** Time as the query sees it. */
export interface QueryClock {
  /** Milliseconds from any origin, never going back. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface ReportQueryResult {
  /** By request id; ids that were not asked for are left out. */
  readonly found: ReadonlyMap<string, FoundReport>;
  /** Number of distinct ids asked for. */
  readonly expected: number;
  /** The ids that were not found in time. */
  readonly missing: readonly string[];
  /** What Logs Insights read for the answer, and bills. */
  readonly bytesScanned: number;
  /** Bytes of all log events of the window, as far as they have arrived. */
  readonly windowBytes: number;
  readonly queries: number;
}

const systemClock: QueryClock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};

const figure = z.coerce.number().min(0);

/** Row of the query; Insights says memory in bytes, 1,000,000 of them to Lambda's MB. */
const rowSchema = z
  .object({
    '@requestId': z.string().min(1),
    '@duration': figure,
    '@billedDuration': figure,
    '@initDuration': figure.optional(),
    '@memorySize': figure,
    '@maxMemoryUsed': figure,
    '@timestamp': z.string().optional(),
    '@logStream': z.string().optional(),
  })
  .transform((row): FoundReport => {
    const timestampMs = row['@timestamp'] ? Date.parse(`${row['@timestamp'].replace(' ', 'T')}Z`) : Number.NaN;
    return {
      requestId: row['@requestId'],
      durationMs: row['@duration'],
      billedDurationMs: row['@billedDuration'],
      memoryMb: row['@memorySize'] / 1_000_000,
      maxMemoryUsedMb: row['@maxMemoryUsed'] / 1_000_000,
      ...(row['@initDuration'] === undefined ? {} : { initDurationMs: row['@initDuration'] }),
      ...(Number.isFinite(timestampMs) ? { timestampMs } : {}),
      ...(row['@logStream'] === undefined ? {} : { logStream: row['@logStream'] }),
    };
  });

/** What one query came to. */
interface Answer {
  readonly rows: number;
  readonly bytesScanned: number;
}

/** One call of `findReports`. */
class ReportSearch {
  readonly #client: CloudWatchLogsClient;
  readonly #query: ReportQuery;
  readonly #clock: QueryClock;
  readonly #deadline: number;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #found = new Map<string, FoundReport>();
  #bytesScanned = 0;
  #windowBytes = 0;
  #queries = 0;
  #groupMissing: ResourceNotFoundException | undefined;

  constructor(client: CloudWatchLogsClient, query: ReportQuery) {
    this.#client = client;
    this.#query = query;
    this.#clock = query.clock ?? systemClock;
    this.#deadline = this.#clock.now() + query.timeoutMs;
    this.#wanted = query.requestIds && new Set(query.requestIds);
  }

  async run(): Promise<ReportQueryResult> {
    const { startMs, endMs, rounds = Number.POSITIVE_INFINITY, roundMs = 2000, signal, logGroup } = this.#query;
    // More lines than those that are there are never expected of a whole window.
    const roundsToMake = this.#wanted ? rounds : 1;
    for (let round = 1; !this.#complete(); round++) {
      const whole = await this.#searchSlice(Math.floor(startMs / 1000), Math.ceil(endMs / 1000));
      this.#windowBytes = Math.max(this.#windowBytes, whole.bytesScanned);
      if (this.#complete() || this.#timeLeftMs() <= 0 || round >= roundsToMake) break;
      await this.#clock.sleep(Math.min(roundMs, this.#timeLeftMs()), signal);
    }
    if (this.#groupMissing) throw new LogGroupNotFoundError(logGroup, this.#groupMissing);
    return {
      found: this.#found,
      expected: this.#wanted?.size ?? this.#found.size,
      missing: [...(this.#wanted ?? [])].filter((id) => !this.#found.has(id)),
      bytesScanned: this.#bytesScanned,
      windowBytes: this.#windowBytes,
      queries: this.#queries,
    };
  }

  #complete(): boolean {
    return this.#found.size === this.#wanted?.size;
  }

  #timeLeftMs(): number {
    return this.#deadline - this.#clock.now();
  }

  /**
   * Searches `[startS, endS]`, both ends within; a full answer may be cut, so its halves are searched too.
   *
   * @returns what the query of the whole slice came to.
   */
  async #searchSlice(startS: number, endS: number): Promise<Answer> {
    const answer = await this.#search(startS, endS);
    if (answer.rows < rowsPerQuery || startS >= endS || this.#complete() || this.#timeLeftMs() <= 0) return answer;
    const middleS = Math.floor((startS + endS) / 2);
    await this.#searchSlice(startS, middleS);
    await this.#searchSlice(middleS + 1, endS);
    return answer;
  }

  /** Makes one query and takes in what it finds. */
  async #search(startS: number, endS: number): Promise<Answer> {
    const { logGroup, pollMs = 250, signal } = this.#query;
    const queryId = await this.#start(startS, endS);
    if (queryId === undefined) return { rows: 0, bytesScanned: 0 };
    while (true) {
      const answer = await this.#client.send(new GetQueryResultsCommand({ queryId }), { abortSignal: signal });
      const rows = answer.results ?? [];
      const status = answer.status ?? 'Unknown';
      const ended = status !== 'Scheduled' && status !== 'Running';
      if (ended && status !== 'Complete') throw new ReportQueryError(logGroup, queryId, status);
      // Rows of a running query are true already; out of time, they are better than none.
      if (!ended && this.#timeLeftMs() > 0) {
        await this.#clock.sleep(Math.min(pollMs, this.#timeLeftMs()), signal);
        continue;
      }
      for (const row of rows) this.#take(row);
      const bytesScanned = answer.statistics?.bytesScanned ?? 0;
      this.#bytesScanned += bytesScanned;
      return { rows: rows.length, bytesScanned };
    }
  }

  async #start(startS: number, endS: number): Promise<string | undefined> {
    const { logGroup, signal } = this.#query;
    try {
      const answer = await this.#client.send(
        new StartQueryCommand({
          logGroupName: logGroup,
          startTime: startS,
          endTime: endS,
          queryString: reportQueryString,
          limit: rowsPerQuery,
        }),
        { abortSignal: signal },
      );
      this.#queries++;
      this.#groupMissing = undefined;
      if (!answer.queryId) throw new ReportQueryError(logGroup, '(none)', 'an answer without a query id');
      return answer.queryId;
    } catch (error) {
      // Lambda makes the group with the first line of a function, which itself arrives late.
      if (!(error instanceof ResourceNotFoundException)) throw error;
      this.#groupMissing = error;
      return undefined;
    }
  }

  #take(row: readonly ResultField[]): void {
    const parsed = rowSchema.safeParse(Object.fromEntries(row.map(({ field, value }) => [field, value])));
    if (!parsed.success || this.#wanted?.has(parsed.data.requestId) === false) return;
    this.#found.set(parsed.data.requestId, parsed.data);
  }
}

/**
 * Finds the REPORT lines of invocations through CloudWatch Logs Insights. Lines lag behind their invocations, so the query
 * is made again until every id is found or `timeoutMs` has passed; what is missing then is listed, never guessed.
 * Without ids, all lines that are there are found, once.
 * A window with more rows than a query returns is searched in ever smaller slices of time, down to a second.
 *
 * @throws LogGroupNotFoundError when the group is still not there after `timeoutMs`.
 * @throws ReportQueryError when a query ends otherwise than Complete.
 */
export async function findReports(client: CloudWatchLogsClient, query: ReportQuery): Promise<ReportQueryResult> {
  return new ReportSearch(client, query).run();
}
