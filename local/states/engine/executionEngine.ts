import { createHash } from 'node:crypto';
import { messageOf } from '../../../run/errors.js';
import type { Flow } from '../asl/definition.js';
import type { Clock } from '../clock.js';
import { StateFailure } from '../errors.js';
import type { TaskIntegrations } from '../integrations/integration.js';
import { type ExecutionEnvironment, type Frame, Trail } from '../interpreter/frame.js';
import { LinkedAbort } from '../interpreter/linkedAbort.js';
import { runFlow } from '../interpreter/runFlow.js';
import { VariableScope } from '../interpreter/variableScope.js';
import { parseJson } from '../json.js';
import type { MapRunHost } from '../map/mapRunHost.js';
import { type ExecutionStatus, type ExecutionStore, stoppedCause } from '../store/executionStore.js';
import type { HistoryWriter } from '../store/historyWriter.js';

/** How an execution ends from outside, its own time limit included. */
class ExecutionStop extends Error {
  readonly status: 'ABORTED' | 'TIMED_OUT';
  readonly details: { readonly error?: string; readonly cause?: string };

  constructor(status: 'ABORTED' | 'TIMED_OUT', details: { error?: string; cause?: string }) {
    super(`the execution was stopped: ${details.cause ?? 'no cause given'}`);
    this.status = status;
    const { error, cause } = details;
    this.details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  }
}

/** What an execution is made of. */
export interface Launch {
  arn: string;
  name: string;
  /** The state machine that it belongs to, as its record and its context object name it. */
  stateMachine: { arn: string; name: string };
  roleArn: string;
  revisionId: string;
  flow: Flow;
  timeoutSeconds?: number;
  /** JSON text. */
  input: string;
  mapRunArn?: string;
  itemCount?: number;
  /** Aborts the execution. */
  signal?: AbortSignal;
}

export type FinalStatus = Exclude<ExecutionStatus, 'RUNNING'>;

/** How an execution ended, and with what. */
export interface ExecutionEnd {
  readonly status: FinalStatus;
  /** JSON text. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Told of every end but those that the closing of the engine brings. */
export type ExecutionEndListener = (arn: string, input: string, end: ExecutionEnd) => void;

interface Running {
  stop: LinkedAbort;
  ended: Promise<FinalStatus>;
}

/** Runs executions and ends them. */
export class ExecutionEngine {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #region: string;
  readonly #store: ExecutionStore;
  readonly #tasks: TaskIntegrations;
  readonly #mapRuns: MapRunHost;
  readonly #onEnd: ExecutionEndListener;
  readonly #running = new Map<string, Running>();
  #closing = false;
  #fault: unknown;

  constructor(parts: {
    clock: Clock;
    random: () => number;
    region: string;
    store: ExecutionStore;
    tasks: TaskIntegrations;
    mapRuns: (engine: ExecutionEngine) => MapRunHost;
    onEnd: ExecutionEndListener;
  }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#region = parts.region;
    this.#store = parts.store;
    this.#tasks = parts.tasks;
    this.#mapRuns = parts.mapRuns(this);
    this.#onEnd = parts.onEnd;
  }

  /** The first error that kept an execution from being recorded, such as a full disk. */
  get fault(): unknown {
    return this.#fault;
  }

  launch(launch: Launch): { arn: string; ended: Promise<FinalStatus> } {
    const history = this.#store.begin({
      arn: launch.arn,
      name: launch.name,
      stateMachineArn: launch.stateMachine.arn,
      stateMachineName: launch.stateMachine.name,
      roleArn: launch.roleArn,
      revisionId: launch.revisionId,
      startedAtMs: this.#clock.now(),
      inputHash: hashInput(launch.input),
      mapRunArn: launch.mapRunArn,
      itemCount: launch.itemCount,
    });
    const stop = new LinkedAbort(launch.signal);
    const ended = this.#run(launch, history, stop);
    this.#running.set(launch.arn, { stop, ended });
    return { arn: launch.arn, ended };
  }

  /** Resolves when the execution has ended; at once when it does not run. */
  async waitFor(arn: string): Promise<void> {
    await this.#running.get(arn)?.ended;
  }

  /** Ends an execution as ABORTED, with everything that it does; resolves when it has ended. */
  async stop(arn: string, details: { error?: string; cause?: string }): Promise<void> {
    this.#running.get(arn)?.stop.abort(new ExecutionStop('ABORTED', details));
    await this.waitFor(arn);
  }

  /** Ends everything that runs; its record says why. */
  async close(): Promise<void> {
    this.#closing = true;
    const ends = [...this.#running.values()].map(({ stop, ended }) => {
      stop.abort(new ExecutionStop('ABORTED', { error: 'LocalCloud.Stopped', cause: stoppedCause }));
      return ended;
    });
    await Promise.all(ends);
  }

  async #run(launch: Launch, history: HistoryWriter, stop: LinkedAbort): Promise<FinalStatus> {
    const trail = new Trail(history);
    const timer = new LinkedAbort();
    let ended: ExecutionEnd;
    try {
      trail.add('ExecutionStarted', {
        executionStartedEventDetails: {
          input: launch.input,
          inputDetails: { truncated: false },
          roleArn: launch.roleArn,
        },
      });
      this.#endAfter(launch.timeoutSeconds, stop, timer.signal);
      ended = await this.#perform(launch, trail, history, stop.signal);
    } finally {
      timer.abort(new Error('the execution has ended'));
      stop.release();
    }
    const { status } = ended;
    try {
      await this.#store.end(launch.arn, status);
    } catch (error) {
      this.#fault ??= error;
    }
    this.#running.delete(launch.arn);
    // Nobody is there any more to act on it.
    if (!this.#closing) this.#onEnd(launch.arn, launch.input, ended);
    return status;
  }

  #endAfter(seconds: number | undefined, stop: LinkedAbort, timer: AbortSignal): void {
    if (seconds === undefined) return;
    const details = {
      error: 'States.Timeout',
      cause: `The execution did not end within TimeoutSeconds (${seconds} s).`,
    };
    this.#clock.sleep(seconds * 1_000, timer).then(
      () => stop.abort(new ExecutionStop('TIMED_OUT', details)),
      () => undefined,
    );
  }

  async #perform(launch: Launch, trail: Trail, history: HistoryWriter, signal: AbortSignal): Promise<ExecutionEnd> {
    try {
      const frame: Frame = {
        environment: this.#environment(launch, history),
        scope: new VariableScope(),
        trail,
        signal,
      };
      const output = await runFlow(launch.flow, frame.environment.input, frame);
      const text = JSON.stringify(output);
      trail.add('ExecutionSucceeded', {
        executionSucceededEventDetails: { output: text, outputDetails: { truncated: false } },
      });
      return { status: 'SUCCEEDED', output: text };
    } catch (error) {
      if (signal.aborted) return endStopped(signal.reason, trail);
      const { errorName, causeText } =
        error instanceof StateFailure ? error : new StateFailure('States.Runtime', messageOf(error), error);
      trail.add('ExecutionFailed', { executionFailedEventDetails: { error: errorName, cause: causeText } });
      return { status: 'FAILED', error: errorName, cause: causeText };
    }
  }

  #environment(launch: Launch, history: HistoryWriter): ExecutionEnvironment {
    return {
      arn: launch.arn,
      name: launch.name,
      roleArn: launch.roleArn,
      startTime: new Date(this.#clock.now()).toISOString(),
      input: parseJson(launch.input),
      stateMachine: launch.stateMachine,
      region: this.#region,
      clock: this.#clock,
      random: this.#random,
      tasks: this.#tasks,
      history,
      mapRuns: this.#mapRuns,
    };
  }
}

/** The end of an execution that was stopped; one that belongs to a stopped or failed parent is ABORTED. */
function endStopped(reason: unknown, trail: Trail): ExecutionEnd {
  if (reason instanceof ExecutionStop && reason.status === 'TIMED_OUT') {
    trail.add('ExecutionTimedOut', { executionTimedOutEventDetails: reason.details });
    return { status: 'TIMED_OUT', ...reason.details };
  }
  const details = reason instanceof ExecutionStop ? reason.details : { cause: messageOf(reason) };
  trail.add('ExecutionAborted', { executionAbortedEventDetails: details });
  return { status: 'ABORTED', ...details };
}

/** Tells inputs apart without keeping them. */
export function hashInput(input: string): string {
  return createHash('sha256').update(input).digest('base64url');
}
