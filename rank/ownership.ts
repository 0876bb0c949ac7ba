import { attemptsKey, metricsKey } from '../run/keys.js';
import { type Attempt, type Attempts, attemptsSchema, type RankMetrics } from '../run/metrics.js';
import type { Plan } from '../run/plan.js';
import { PreconditionFailedError } from '../storage/errors.js';
import type { ObjectStore, WriteCondition } from '../storage/objectStore.js';
import { FencedOffError } from './errors.js';

/**
 * An attempt's hold on its rank. The attempt that signed in last owns the rank; one before it that is still alive finds
 * that out before it writes, and drops what it has.
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
      // The answer to an earlier try may have been lost.
      if (known.attempts.at(-1)?.requestId === attempt.requestId) return ownership;
      const newest = Math.max(...known.attempts.map(({ generation }) => generation));
      if (newest > attempt.generation) throw ownership.#fencedOffBy(newest);
      if (await ownership.#append(known)) return ownership;
    }
  }

  /** @throws FencedOffError when a newer attempt has taken the rank. */
  async verify(): Promise<void> {
    const { attempts } = await this.#read();
    const owner = attempts.at(-1);
    if (owner && owner.requestId !== this.#attempt.requestId) throw this.#fencedOffBy(owner.generation);
  }

  /**
   * Writes the rank's metrics, over those of earlier attempts alone: the version that is replaced was there before this
   * attempt was seen to own the rank.
   *
   * @throws FencedOffError when a newer attempt has taken the rank.
   */
  async deliver(metrics: RankMetrics): Promise<void> {
    const { bucket, resultPrefix } = this.#plan;
    const key = metricsKey(resultPrefix, this.#rank);
    let condition: WriteCondition = { absent: true };
    for (;;) {
      await this.verify();
      try {
        return await this.#store.putJson(bucket, key, metrics, { condition });
      } catch (error) {
        if (!(error instanceof PreconditionFailedError)) throw error;
      }
      const present = await this.#store.head(bucket, key);
      condition = present ? { etag: present.etag } : { absent: true };
    }
  }

  #fencedOffBy(generation: number): FencedOffError {
    return new FencedOffError(this.#rank, this.#attempt.generation, generation, { runId: this.#plan.runId });
  }

  async #read(): Promise<{ attempts: readonly Attempt[]; etag: string | undefined }> {
    const key = attemptsKey(this.#plan.resultPrefix, this.#rank);
    const found = await this.#store.findJson(this.#plan.bucket, key, attemptsSchema);
    if (found?.value.runId !== this.#plan.runId) return { attempts: [], etag: found?.etag };
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
