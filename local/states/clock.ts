import { setTimeout as sleepFor } from 'node:timers/promises';

/** Where the service takes the time from; tests bring their own and move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason as soon as it is aborted. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

/** Longest delay that one timer can hold; a longer wait takes several. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(durationMs, signal) {
    const wakeAt = performance.now() + durationMs;
    for (let left = durationMs; left > 0; left = wakeAt - performance.now()) {
      try {
        await sleepFor(Math.min(left, longestTimerMs), undefined, { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    }
    signal.throwIfAborted();
  },
};
