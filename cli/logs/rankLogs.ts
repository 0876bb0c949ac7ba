import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { attemptsKey } from '../../run/keys.js';
import { attemptsSchema } from '../../run/metrics.js';
import type { ObjectStore } from '../../storage/objectStore.js';
import type { RunAddress } from '../execution/runSnapshot.js';
import { InvocationLog, type LogLine } from './invocationLog.js';

/** New lines of one attempt at a rank. */
export interface AttemptLines {
  readonly rank: number;
  /** 0 for the first attempt. */
  readonly generation: number;
  readonly requestId: string;
  readonly logStream: string;
  readonly lines: readonly LogLine[];
}

/** Reads the logs of every attempt at one rank, also of those that begin while they are followed. */
export class RankLogs {
  readonly rank: number;
  readonly #store: ObjectStore;
  readonly #logs: CloudWatchLogsClient;
  readonly #address: RunAddress;
  readonly #logGroup: string;
  readonly #attempts = new Map<number, InvocationLog>();

  constructor(
    clients: { store: ObjectStore; logs: CloudWatchLogsClient },
    address: RunAddress,
    logGroup: string,
    rank: number,
  ) {
    this.#store = clients.store;
    this.#logs = clients.logs;
    this.#address = address;
    this.#logGroup = logGroup;
    this.rank = rank;
  }

  /** Whether the rank has begun and the log of each attempt is at its end. */
  get complete(): boolean {
    return this.#attempts.size > 0 && [...this.#attempts.values()].every((log) => log.complete);
  }

  get begun(): boolean {
    return this.#attempts.size > 0;
  }

  /** What each attempt has logged since the last reading, in the attempts' order. */
  async readNew(signal?: AbortSignal): Promise<AttemptLines[]> {
    const { bucket, resultPrefix } = this.#address;
    const found = await this.#store.findJson(bucket, attemptsKey(resultPrefix, this.rank), attemptsSchema);
    const read: AttemptLines[] = [];
    for (const { generation, requestId, logStream, startedAtMs } of found?.value.attempts ?? []) {
      const log =
        this.#attempts.get(generation) ??
        new InvocationLog(this.#logs, { logGroup: this.#logGroup, logStream, requestId, startedAtMs });
      this.#attempts.set(generation, log);
      read.push({ rank: this.rank, generation, requestId, logStream, lines: await log.readNew(signal) });
    }
    return read;
  }
}
