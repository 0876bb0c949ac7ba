import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../clock.js';
import type { TaskIntegrations } from '../integrations/integration.js';
import type { Json, JsonObject } from '../json.js';
import type { MapRunHost } from '../map/mapRunHost.js';
import type { VariableScope } from './variableScope.js';

/** Where the events of one execution go. */
export interface HistorySink {
  /** Appends an event and returns its id. @throws StateFailure States.Runtime when the history is full. */
  append(type: HistoryEventType, previousEventId: number, details: JsonObject): number;
  /** Resolves when the sink can take more. */
  ready(): Promise<void>;
}

/** The thread of events of one flow: each event names the one before it. */
export class Trail {
  readonly #history: HistorySink;
  #last: number;

  constructor(history: HistorySink, last = 0) {
    this.#history = history;
    this.#last = last;
  }

  get lastEventId(): number {
    return this.#last;
  }

  add(type: HistoryEventType, details: JsonObject = {}): void {
    this.#last = this.#history.append(type, this.#last, details);
  }

  /** A thread that starts at the last event of this one, for a branch or an iteration. */
  fork(): Trail {
    return new Trail(this.#history, this.#last);
  }

  /** Goes on after the thread that went furthest. */
  join(trails: readonly Trail[]): void {
    this.#last = trails.reduce((last, { lastEventId }) => Math.max(last, lastEventId), this.#last);
  }
}

/** What every state of one execution can use. */
export interface ExecutionEnvironment {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  /** RFC 3339. */
  readonly startTime: string;
  readonly input: Json;
  readonly stateMachine: { arn: string; name: string };
  readonly region: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly tasks: TaskIntegrations;
  readonly history: HistorySink;
  readonly mapRuns: MapRunHost;
}

/** The item that an iteration of a Map works on. */
export interface MapItem {
  Index: number;
  Value: Json;
}

/** Where a flow runs: an execution, its variables, its thread of events, and the signal that ends it. */
export interface Frame {
  readonly environment: ExecutionEnvironment;
  readonly scope: VariableScope;
  readonly trail: Trail;
  readonly signal: AbortSignal;
  readonly mapItem?: MapItem;
}
