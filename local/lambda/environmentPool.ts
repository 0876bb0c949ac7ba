import { rm } from 'node:fs/promises';
import { type EnvironmentHost, type EnvironmentState, ExecutionEnvironment } from './executionEnvironment.js';
import type { FunctionRevision } from './functionRevision.js';

/** What one environment is doing, for people and tests. */
export interface EnvironmentDescription {
  readonly id: string;
  readonly functionName: string;
  readonly version: string;
  readonly state: EnvironmentState;
  /** Undefined until the process has started. */
  readonly pid?: number;
  /** The invocation under way, or the last one. */
  readonly requestId?: string;
  readonly logStreamName: string;
}

/**
 * All execution environments. An invocation gets the idle environment of its function that was used last, or a new one;
 * never one that another invocation uses.
 */
export class EnvironmentPool {
  readonly #host: EnvironmentHost;
  readonly #idleTimeoutMs: number;
  readonly #environments = new Set<ExecutionEnvironment>();
  /** By ARN of the revision's version, last used at the end. */
  readonly #idle = new Map<string, ExecutionEnvironment[]>();
  readonly #idleTimers = new Map<ExecutionEnvironment, NodeJS.Timeout>();

  constructor(host: EnvironmentHost, idleTimeoutMs: number) {
    this.#host = host;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** Takes an environment for one invocation of exactly this revision. */
  acquire(revision: FunctionRevision): ExecutionEnvironment {
    const idle = this.#idle.get(revision.arn) ?? [];
    for (let environment = idle.pop(); environment; environment = idle.pop()) {
      clearTimeout(this.#idleTimers.get(environment));
      this.#idleTimers.delete(environment);
      if (environment.state === 'idle' && environment.revision.revisionId === revision.revisionId) return environment;
      this.#discard(environment);
    }
    const environment = new ExecutionEnvironment(revision, this.#host);
    this.#environments.add(environment);
    return environment;
  }

  /** Gives an environment back; it stays for later invocations while it is alive and its revision is current. */
  release(environment: ExecutionEnvironment, isCurrent: boolean): void {
    if (environment.state !== 'idle' || !isCurrent) {
      this.#discard(environment);
      return;
    }
    const { arn } = environment.revision;
    const idle = this.#idle.get(arn) ?? [];
    idle.push(environment);
    this.#idle.set(arn, idle);
    const timer = setTimeout(() => this.#expire(environment), this.#idleTimeoutMs);
    timer.unref();
    this.#idleTimers.set(environment, timer);
  }

  /** Ends the idle environments of a version that has changed or is gone. */
  async endIdle(arn: string): Promise<void> {
    const idle = this.#idle.get(arn) ?? [];
    this.#idle.delete(arn);
    await Promise.all(idle.map((environment) => this.#end(environment)));
  }

  /** The environments that have not ended. */
  list(): EnvironmentDescription[] {
    const living = [...this.#environments].filter(({ state }) => state !== 'ended');
    return living.map((environment) => ({
      id: environment.id,
      functionName: environment.revision.definition.name,
      version: environment.revision.version,
      state: environment.state,
      pid: environment.pid,
      requestId: environment.requestId,
      logStreamName: environment.log.stream,
    }));
  }

  /** Ends all environments, also those that are busy. */
  async close(graceMs: number): Promise<void> {
    this.#idle.clear();
    await Promise.all([...this.#environments].map((environment) => this.#end(environment, graceMs)));
    await rm(this.#host.directory, { recursive: true, force: true });
  }

  #expire(environment: ExecutionEnvironment): void {
    const idle = this.#idle.get(environment.revision.arn) ?? [];
    const place = idle.indexOf(environment);
    if (place >= 0) idle.splice(place, 1);
    this.#discard(environment);
  }

  /** Ends an environment that nobody waits for. One that cannot be ended stays listed, and closing reports why. */
  #discard(environment: ExecutionEnvironment): void {
    this.#end(environment).catch(() => undefined);
  }

  async #end(environment: ExecutionEnvironment, graceMs = 0): Promise<void> {
    clearTimeout(this.#idleTimers.get(environment));
    this.#idleTimers.delete(environment);
    await environment.stop(graceMs);
    this.#environments.delete(environment);
  }
}
