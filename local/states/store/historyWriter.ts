import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../clock.js';
import { StateFailure } from '../errors.js';
import type { HistorySink } from '../interpreter/frame.js';
import type { JsonObject } from '../json.js';
import type { Journal } from './journal.js';

/** An execution leaves this many events at most. */
export const maximumEvents = 25_000;

/** Bytes that may wait to be written before an execution has to wait as well. */
const longestBacklogBytes = 4 * 2 ** 20;
/** Steps that an execution may take before others get their turn. */
const stepsPerTurn = 32;

/** Events with which an execution ends; there is always room for one. */
const finalEvents: ReadonlySet<HistoryEventType> = new Set<HistoryEventType>([
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionAborted',
  'ExecutionTimedOut',
]);

/** Writes the history of one execution, one event a line, in the shape of the API. */
export class HistoryWriter implements HistorySink {
  readonly #journal: Journal;
  readonly #clock: Clock;
  #lastId: number;
  #steps = 0;

  /** @param lastId id of the last event that the file holds already */
  constructor(journal: Journal, clock: Clock, lastId = 0) {
    this.#journal = journal;
    this.#clock = clock;
    this.#lastId = lastId;
  }

  get lastId(): number {
    return this.#lastId;
  }

  append(type: HistoryEventType, previousEventId: number, details: JsonObject): number {
    if (this.#lastId >= maximumEvents - 1 && !finalEvents.has(type)) {
      throw new StateFailure(
        'States.Runtime',
        `The execution reached the maximum number of history events (${maximumEvents}).`,
      );
    }
    this.#lastId++;
    this.#journal.append({
      id: this.#lastId,
      previousEventId,
      timestamp: this.#clock.now() / 1_000,
      type,
      ...details,
    });
    return this.#lastId;
  }

  async ready(): Promise<void> {
    if (this.#journal.backlogBytes > longestBacklogBytes) await this.#journal.flush();
    if (++this.#steps % stepsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  flush(): Promise<void> {
    return this.#journal.flush();
  }
}
