import type { Clock } from '../rendezvous/clock.js';
import type { Membership, Pending } from './channel.js';
import { CollectiveAbortedError, CollectiveTimeoutError, type OperationIdentity, RankLostError } from './errors.js';
import type { Operation } from './operation.js';

/** One collective as its caller sees it: deadline and signal count over all attempts. */
export interface RecoverableCall<T> {
  readonly identity: OperationIdentity;
  readonly tag: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly body: (operation: Operation) => Promise<T>;
  /** Runs a body as an operation of its own. */
  readonly attempt: (body: (operation: Operation) => Promise<T>, timeoutMs: number) => Promise<T>;
  /** Ranks that are lost at present, and whether they may come back. */
  readonly lost: () => { readonly ranks: readonly number[]; readonly forGood: boolean };
}

/**
 * Makes the collectives of a communicator atomic where its group goes on after a loss. A rank returns from a collective
 * only when every rank has declared its part complete, in the order of the calls; the server counts these declarations,
 * and what it has not counted when a rank is lost counts at no rank. So all survivors agree on which collective was
 * interrupted: with the policy `wait` all run it again in the next epoch, with `shrink` it rejects at all of them.
 */
export class Recovery {
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #waiting = new Set<Pending<void>>();
  /** The collective called last. */
  #previous: Promise<unknown> = Promise.resolve();
  #completed: number;

  constructor(membership: Membership, clock: Clock) {
    this.#completed = membership.current.completed;
    this.#membership = membership;
    this.#clock = clock;
  }

  /** Collectives that are complete at every rank. */
  get completed(): number {
    return this.#completed;
  }

  /** Runs a collective until it is complete at every rank, or until its deadline. */
  run<T>(call: RecoverableCall<T>): Promise<T> {
    const result = this.#repeat(call, this.#previous);
    this.#previous = result;
    // Whoever called it hears of it; the next one does when it wants to be complete, too.
    result.catch(() => undefined);
    return result;
  }

  /** The communicator is closed or cut off. */
  end(error: Error): void {
    for (const pending of this.#waiting) pending.cancel(error);
  }

  async #repeat<T>(call: RecoverableCall<T>, previous: Promise<unknown>): Promise<T> {
    const { tag, timeoutMs, body, attempt } = call;
    const deadlineMs = this.#clock.nowMs() + timeoutMs;
    const committed = async (operation: Operation) => {
      const result = await body(operation);
      await previous;
      await operation.everyone(() => this.#membership.commit(tag));
      this.#completed += 1;
      return result;
    };
    for (;;) {
      const { epoch } = this.#membership.current;
      try {
        return await attempt(committed, Math.max(1, deadlineMs - this.#clock.nowMs()));
      } catch (error) {
        const isPassing = error instanceof RankLostError && this.#membership.policy === 'wait' && !call.lost().forGood;
        if (!isPassing) throw error;
        await this.nextEpoch(epoch, call, deadlineMs);
      }
    }
  }

  /** Waits until the group has formed anew. */
  async nextEpoch(
    epoch: number,
    call: Pick<RecoverableCall<unknown>, 'identity' | 'timeoutMs' | 'signal' | 'lost'>,
    deadlineMs: number,
  ): Promise<void> {
    const { identity, timeoutMs, signal, lost } = call;
    const pending = this.#membership.next(epoch);
    const abort = () => pending.cancel(new CollectiveAbortedError(identity, signal?.reason));
    const cancelDeadline = this.#clock.after(Math.max(0, deadlineMs - this.#clock.nowMs()), () =>
      pending.cancel(new CollectiveTimeoutError(identity, timeoutMs, lost().ranks)),
    );
    this.#waiting.add(pending);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      await pending.promise;
    } finally {
      this.#waiting.delete(pending);
      cancelDeadline();
      signal?.removeEventListener('abort', abort);
    }
  }
}
