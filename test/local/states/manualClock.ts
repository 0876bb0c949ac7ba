import type { Clock } from '../../../local/states/clock.js';

interface Sleeper {
  wakeAtMs: number;
  wake(): void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 31, 10);
  readonly #sleepers = new Set<Sleeper>();
  #watchers: (() => void)[] = [];
  /** Every sleep that was asked for, in milliseconds. */
  readonly sleepsMs: number[] = [];

  now(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    this.sleepsMs.push(durationMs);
    const slept = new Promise<void>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper: Sleeper = { wakeAtMs: this.#nowMs + durationMs, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener(
        'abort',
        () => {
          this.#sleepers.delete(sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
    });
    for (const watcher of this.#watchers.splice(0)) watcher();
    return slept;
  }

  /** Resolves when so many sleep at the same time. */
  async untilAsleep(count: number): Promise<void> {
    while (this.#sleepers.size < count) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /** Resolves when somebody has asked to sleep for exactly so long, since the test began. */
  async untilAsked(durationMs: number): Promise<void> {
    while (!this.sleepsMs.includes(durationMs)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Moves the time on and wakes whoever is due. */
  advance(durationMs: number): void {
    this.#nowMs += durationMs;
    for (const sleeper of [...this.#sleepers].sort((left, right) => left.wakeAtMs - right.wakeAtMs)) {
      if (sleeper.wakeAtMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
