import { stoppedKey } from '../run/keys.js';
import { stoppedSchema } from '../run/stopped.js';
import type { ObjectStore } from '../storage/objectStore.js';
import type { RankLogger } from './context.js';
import { RunStoppedError } from './errors.js';

/** Time between two looks of an attempt that finishes no partition in the meantime. */
const lookIntervalMs = 10_000;

/** Whose run is watched. */
export interface WatchedAttempt {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
  readonly rank: number;
}

/**
 * Looks whether the run was stopped, by `stopped.json` under its prefix: the end of an execution does not end the
 * invocations that it made. Each look is one GET, counted like the others.
 */
export class StopWatch {
  readonly #store: ObjectStore;
  readonly #attempt: WatchedAttempt;
  readonly #logger: RankLogger;
  #found: RunStoppedError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: ObjectStore, attempt: WatchedAttempt, logger: RankLogger) {
    this.#store = store;
    this.#attempt = attempt;
    this.#logger = logger;
  }

  /** Undefined while the run goes on. A look that fails says nothing; the next one is not far. */
  async look(): Promise<RunStoppedError | undefined> {
    const { runId, bucket, resultPrefix, rank } = this.#attempt;
    try {
      const stopped = this.#found
        ? undefined
        : await this.#store.findJson(bucket, stoppedKey(resultPrefix), stoppedSchema);
      if (stopped?.value.runId === runId) this.#found = new RunStoppedError(runId, rank, stopped.value.cause);
    } catch (error) {
      this.#logger.warn('Whether the run was stopped could not be looked up.', { error });
    }
    return this.#found;
  }

  /** Looks now and then until `end`, and tells of a stop once. */
  begin(onStop: (error: RunStoppedError) => void, intervalMs = lookIntervalMs): void {
    this.#timer = setTimeout(async () => {
      const found = await this.look();
      if (this.#timer === undefined) return;
      if (found) onStop(found);
      else this.begin(onStop, intervalMs);
    }, intervalMs);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
