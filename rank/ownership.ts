import { attemptsKey } from '../run/keys.js';
import { type Attempt, type Attempts, attemptsSchema } from '../run/metrics.js';
import type { Plan } from '../run/plan.js';
import { PreconditionFailedError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { FencedOffError } from './errors.js';

/**
 * An attempt's hold on its rank. The newest generation owns the rank; an older one that is still alive finds that out
 * before it writes its metrics, and drops them.
 */
export class RankOwnership {
  readonly #store: ObjectStore;
  readonly #plan: Plan;
  readonly #rank: number;
  readonly #attempt: Attempt;

  private constructor(store: ObjectStore, plan: Plan, rank: number, attempt: Attempt) {
    this.#store = store;
    this.#plan = plan;
    this.#rank = rank;
    this.#attempt = attempt;
  }

  /**
   * Adds the attempt to the rank's list by compare-and-swap.
   *
   * @throws FencedOffError when a newer attempt is there already.
   */
  static async take(store: ObjectStore, plan: Plan, rank: number, attempt: Attempt): Promise<RankOwnership> {
    const ownership = new RankOwnership(store, plan, rank, attempt);
    for (;;) {
      const known = await ownership.#read();
      if (await ownership.#append(known)) return ownership;
    }
  }

  /** @throws FencedOffError when a newer attempt has taken the rank. */
  async verify(): Promise<void> {
    await this.#read();
  }

  async #read(): Promise<{ attempts: readonly Attempt[]; etag: string | undefined }> {
    const key = attemptsKey(this.#plan.resultPrefix, this.#rank);
    const found = await this.#store.findJson(this.#plan.bucket, key, attemptsSchema);
    if (found?.value.runId !== this.#plan.runId) return { attempts: [], etag: found?.etag };
    const newest = Math.max(...found.value.attempts.map(({ generation }) => generation));
    if (newest > this.#attempt.generation) {
      throw new FencedOffError(this.#rank, this.#attempt.generation, newest, { runId: this.#plan.runId });
    }
    return { attempts: found.value.attempts, etag: found.etag };
  }

  async #append(known: { attempts: readonly Attempt[]; etag: string | undefined }): Promise<boolean> {
    const attempts: Attempts = {
      runId: this.#plan.runId,
      rank: this.#rank,
      attempts: [...known.attempts, this.#attempt],
    };
    const condition = known.etag === undefined ? ({ absent: true } as const) : { etag: known.etag };
    try {
      await this.#store.putJson(this.#plan.bucket, attemptsKey(this.#plan.resultPrefix, this.#rank), attempts, {
        condition,
      });
      return true;
    } catch (error) {
      if (error instanceof PreconditionFailedError) return false;
      throw error;
    }
  }
}
