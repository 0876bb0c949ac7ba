import { setTimeout as wait } from 'node:timers/promises';
import { LambdaApiError } from './errors.js';
import type { InvocationOutcome } from './executionEnvironment.js';

export interface AsyncOptions {
  /** Waits before the second and the third attempt after errors of the function, in milliseconds (60,000 and 120,000 on Lambda). */
  readonly retryDelaysMs: readonly number[];
  /** Age in milliseconds at which a throttled event is given up (6 hours on Lambda). */
  readonly maximumEventAgeMs: number;
}

/** Waits between attempts to run a throttled event, as Lambda grows them: from 1 second to 5 minutes. */
const throttleDelayMs = { first: 1000, longest: 300_000 };

/**
 * The events of asynchronous invocations. Each is run at once, again after errors of the function, and again for as
 * long as it is throttled or the service fails. The queue lives in memory: closing it drops what has not succeeded.
 */
export class AsyncInvocations {
  readonly #options: AsyncOptions;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: AsyncOptions) {
    this.#options = options;
  }

  /** Events that are neither done nor given up. */
  get pending(): number {
    return this.#running.size;
  }

  /** Queues an event; `attempt` runs it once. */
  enqueue(attempt: () => Promise<InvocationOutcome>): void {
    const running = this.#deliver(attempt).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #deliver(attempt: () => Promise<InvocationOutcome>): Promise<void> {
    const queuedAtMs = performance.now();
    const retryDelays = [...this.#options.retryDelaysMs];
    let throttleDelay = throttleDelayMs.first;
    while (!this.#stop.signal.aborted) {
      let delayMs: number | undefined;
      try {
        const outcome = await attempt();
        if (outcome.errorType === undefined) return;
        delayMs = retryDelays.shift();
      } catch (error) {
        if (error instanceof LambdaApiError && error.status < 500 && !error.retryable) return;
        if (performance.now() - queuedAtMs + throttleDelay <= this.#options.maximumEventAgeMs) delayMs = throttleDelay;
        throttleDelay = Math.min(throttleDelay * 2, throttleDelayMs.longest);
      }
      if (delayMs === undefined) return;
      await wait(delayMs, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
    }
  }
}
