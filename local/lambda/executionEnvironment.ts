import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { LogSink } from '../logs/logEvent.js';
import { EnvironmentLog } from './environmentLog.js';
import { ServiceError } from './errors.js';
import { type FunctionRevision, logGroupOf } from './functionRevision.js';
import { billedDurationMs } from './platformLog.js';
import { processEnvironment } from './processEnvironment.js';
import { awaitInit, exchange, type InitOutcome, type InvocationAnswer, initFailureAnswer } from './runtimeExchange.js';
import { RuntimeProcess } from './runtimeProcess.js';

/** What all environments of the embedded Lambda share. */
export interface EnvironmentHost {
  readonly bootstrapPath: string;
  readonly region: string;
  /** Holds one folder an environment while it lives. */
  readonly directory: string;
  /** Variables that every function gets: credentials, endpoint. */
  readonly sharedEnvironment: Readonly<Record<string, string>>;
  readonly logs: LogSink;
  /** Limit of the init phase in milliseconds (10,000 on Lambda). */
  readonly initTimeoutMs: number;
  /** Waits for a place among the processes that may start at the same time; resolves to the way to leave it. */
  readonly enterStart: () => Promise<() => void>;
}

/** One invocation for an environment. */
export interface Invocation {
  readonly requestId: string;
  readonly event: Buffer;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  /** JSON document. */
  readonly clientContext?: string;
}

/** How an invocation ended: with a result, or with an error of the function or of its environment. */
export interface InvocationOutcome {
  readonly payload: Buffer;
  /** Absent when the function succeeded. */
  readonly errorType?: string;
  /** Last 4 KB of the log. */
  readonly logTail: Buffer;
}

export type EnvironmentState = 'starting' | 'busy' | 'idle' | 'ended';

const bytesPerMb = 1024 * 1024;

/**
 * One execution environment: a process of a function, its log stream and its `/tmp`, used by one invocation at a time.
 * The process starts with the first invocation and is not frozen between two.
 */
export class ExecutionEnvironment {
  readonly id = randomUUID().replaceAll('-', '');
  readonly revision: FunctionRevision;
  readonly log: EnvironmentLog;
  readonly #host: EnvironmentHost;
  readonly #folder: string;
  #process: RuntimeProcess | undefined;
  #launches = 0;
  #state: EnvironmentState = 'starting';
  #requestId: string | undefined;
  #stopping = false;

  constructor(revision: FunctionRevision, host: EnvironmentHost) {
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    this.revision = revision;
    this.#host = host;
    this.#folder = join(host.directory, this.id);
    this.log = new EnvironmentLog(
      host.logs,
      logGroupOf(revision.definition),
      `${day}/[${revision.version}]${this.id}`,
      revision.definition.logFormat,
    );
  }

  get state(): EnvironmentState {
    return this.#state;
  }

  /** Process of the environment; undefined before it starts. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The invocation under way, or the last one. */
  get requestId(): string | undefined {
    return this.#requestId;
  }

  /**
   * Runs one invocation, after starting the process if there is none. Afterwards the state is `idle` or `ended`.
   *
   * @throws ServiceError when the environment cannot be made or is stopped meanwhile.
   */
  async invoke(invocation: Invocation): Promise<InvocationOutcome> {
    this.#requestId = invocation.requestId;
    try {
      return await this.#invoke(invocation);
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Ends the process with everything that it started, and removes the environment's folder. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#state = 'ended';
    await this.#process?.stop(graceMs);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #invoke(invocation: Invocation): Promise<InvocationOutcome> {
    const { timeoutS } = this.revision.definition;
    const init = this.#process ? undefined : await this.#coldStart();
    const startedAtMs = performance.now();
    const initFailed = init !== undefined && init.status !== 'success';
    const secondInit = initFailed ? await this.#start('invoke', timeoutS * 1000) : undefined;
    this.#state = 'busy';
    this.log.start(invocation.requestId);
    const answer =
      secondInit === undefined || secondInit.status === 'success'
        ? await this.#exchange(invocation, startedAtMs)
        : initFailureAnswer(invocation.requestId, secondInit, timeoutS);
    if (this.#stopping) throw new ServiceError(`The environment of request ${invocation.requestId} was stopped.`);
    this.#logEnd(
      invocation.requestId,
      answer,
      answer.endedAtMs - startedAtMs,
      initFailed ? undefined : init?.durationMs,
    );
    await this.log.flush();
    this.#state = 'idle';
    if (!answer.alive) await this.stop(0);
    return { payload: answer.payload, errorType: answer.errorType, logTail: this.log.tail() };
  }

  async #coldStart(): Promise<InitOutcome> {
    const leaveStart = await this.#host.enterStart();
    try {
      if (this.#stopping) throw new ServiceError('The embedded Lambda is closing.');
      await mkdir(join(this.#folder, 'tmp'), { recursive: true });
      this.log.initStart();
      return await this.#start('init', this.#host.initTimeoutMs);
    } finally {
      leaveStart();
    }
  }

  /** Starts a process. After a failed init phase Lambda does it again as part of the invocation. */
  async #start(phase: 'init' | 'invoke', timeoutMs: number): Promise<InitOutcome> {
    const taskRoot = resolve(this.revision.definition.artifactFolder);
    await this.#requireFolder(taskRoot);
    if (this.#stopping) throw new ServiceError('The embedded Lambda is closing.');
    const startedAtMs = performance.now();
    const runtime = await RuntimeProcess.launch({
      bootstrapPath: this.#host.bootstrapPath,
      taskRoot,
      environment: this.#variables(taskRoot),
      memoryMb: this.revision.definition.memoryMb,
      outputPath: join(this.#folder, `output-${++this.#launches}.log`),
      onOutput: (lines) => this.log.output(lines),
    });
    this.#process = runtime;
    if (this.#stopping) runtime.kill();
    const outcome = await awaitInit(runtime, startedAtMs, timeoutMs);
    runtime.flushOutput();
    if (outcome.status === 'success') void runtime.ended.finally(() => this.#processEnded()).catch(() => undefined);
    else
      this.log.initReport({
        durationMs: outcome.durationMs,
        phase,
        status: outcome.status,
        errorType: outcome.status === 'error' ? outcome.error.errorType : undefined,
      });
    return outcome;
  }

  async #exchange(invocation: Invocation, startedAtMs: number): Promise<InvocationAnswer> {
    if (!this.#process) throw new ServiceError('The environment has no process.');
    const { timeoutS } = this.revision.definition;
    const deadlineAtMs = startedAtMs + timeoutS * 1000;
    const deadlineEpochMs = Math.floor(Date.now() + deadlineAtMs - performance.now());
    const answer = await exchange(this.#process, { ...invocation, deadlineEpochMs }, deadlineAtMs, timeoutS);
    this.#process.flushOutput();
    return answer;
  }

  #logEnd(requestId: string, answer: InvocationAnswer, durationMs: number, initDurationMs: number | undefined): void {
    const { memoryMb } = this.revision.definition;
    if (answer.fault) this.log.fault(requestId, answer.fault.errorType, answer.fault.message);
    this.log.end(requestId);
    this.log.report({
      requestId,
      durationMs,
      billedDurationMs: billedDurationMs(durationMs, initDurationMs),
      memorySizeMb: memoryMb,
      maxMemoryUsedMb: Math.min(memoryMb, Math.ceil((this.#process?.peakBytes ?? 0) / bytesPerMb)),
      initDurationMs,
      status: answer.status,
      errorType: answer.errorType,
    });
  }

  /** A process may also end between two invocations. */
  #processEnded(): void {
    if (this.#state === 'idle') this.#state = 'ended';
  }

  async #requireFolder(taskRoot: string): Promise<void> {
    const found = await stat(taskRoot).catch(() => undefined);
    if (found?.isDirectory()) return;
    throw new ServiceError(`The code of function ${this.revision.definition.name} is missing: no folder ${taskRoot}.`, {
      remedy: 'Run "npm run build" first, or deploy the function again.',
    });
  }

  #variables(taskRoot: string): Record<string, string> {
    return processEnvironment({
      definition: this.revision.definition,
      version: this.revision.version,
      region: this.#host.region,
      logGroup: this.log.group,
      logStream: this.log.stream,
      temporaryFolder: join(this.#folder, 'tmp'),
      taskRoot,
      shared: this.#host.sharedEnvironment,
    });
  }
}
