/** A piece of work that fetches `length` bytes. */
export interface Fetch {
  readonly length: number;
}

/** What is done with fetches. */
export interface Fetching<F extends Fetch> {
  /**
   * Prepares a fetch; false when there is no memory for it now, which cannot be where it is `needed`: where the consumer
   * waits for it. It is asked again when the consumer comes for more.
   */
  admit(fetch: F, needed: boolean): boolean;
  run(fetch: F, signal: AbortSignal): Promise<void>;
  /** Called when the last fetch was begun. */
  allBegun(): void;
}

/**
 * Runs fetches in their order, several at a time, and no further ahead of the consumer than a window allows.
 *
 * The window counts bytes on the way and bytes that arrived but of which the consumer has used nothing yet. What the consumer is waiting
 * for is always fetched, if need be one piece at a time.
 */
export class ReadAhead<F extends Fetch> {
  readonly #fetches: readonly F[];
  readonly #fetching: Fetching<F>;
  readonly #windowBytes: number;
  readonly #controller = new AbortController();
  readonly #signal?: AbortSignal;
  readonly #onAbort: () => void;
  readonly #started: Promise<void>[] = [];
  /** How many of the fetches the consumer has begun to use, and how many it waits for. */
  #handedOut = 0;
  #wanted = 0;
  #bytesOnTheWay = 0;
  #bytesAhead = 0;

  constructor(fetches: readonly F[], fetching: Fetching<F>, windowBytes: number, signal?: AbortSignal) {
    this.#fetches = fetches;
    this.#fetching = fetching;
    this.#windowBytes = windowBytes;
    this.#signal = signal;
    this.#onAbort = () => this.#controller.abort(signal?.reason);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  /** Waits until the first `count` fetches have arrived; at the next call the consumer is taken to have used them. */
  async arrived(count: number): Promise<void> {
    this.#controller.signal.throwIfAborted();
    for (; this.#handedOut < this.#wanted; this.#handedOut++) {
      this.#bytesAhead -= this.#fetches[this.#handedOut].length;
    }
    this.#wanted = Math.max(this.#wanted, count);
    for (let index = this.#handedOut; index < this.#wanted; index++) {
      this.#startMore();
      await this.#started[index].catch(() => undefined);
      this.#controller.signal.throwIfAborted();
    }
    this.#startMore();
  }

  /** Gives up what is still on the way, and waits until nothing writes into a buffer any more. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#controller.abort();
    await Promise.allSettled(this.#started);
  }

  #startMore(): void {
    while (this.#started.length < this.#fetches.length && !this.#controller.signal.aborted) {
      const next = this.#fetches[this.#started.length];
      const isWanted = this.#started.length < this.#wanted;
      const used = isWanted ? this.#bytesOnTheWay : this.#bytesAhead;
      if (used > 0 && used + next.length > this.#windowBytes) return;
      if (!this.#fetching.admit(next, isWanted)) return;
      this.#bytesOnTheWay += next.length;
      this.#bytesAhead += next.length;
      const fetched = this.#fetch(next);
      fetched.catch((error: unknown) => this.#controller.abort(error));
      this.#started.push(fetched);
      if (this.#started.length === this.#fetches.length) this.#fetching.allBegun();
    }
  }

  async #fetch(fetch: F): Promise<void> {
    await this.#fetching.run(fetch, this.#controller.signal);
    this.#bytesOnTheWay -= fetch.length;
    this.#startMore();
  }
}
