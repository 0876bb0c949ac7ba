import type { Pending } from '../channel.js';
import type { ObjectExchange } from './objectExchange.js';

/**
 * Messages that are written at the same time. Beginning thousands at once would hold up the event loop, and with it the
 * heartbeat, for a second or more. An executor's S3 client has 64 connections, so that some stay free for looking for
 * messages.
 */
const parallelWrites = 48;

interface OutgoingObject {
  readonly name: string;
  readonly object: Uint8Array;
  readonly settled: () => void;
}

/** Writes the messages of a rank in the order in which they are sent, not all of them at once. */
export class ObjectOutbox {
  readonly #exchange: ObjectExchange;
  readonly #failed: (cause: unknown) => void;
  readonly #underWay = new Set<Promise<void>>();
  #waiting: OutgoingObject[] = [];

  /** @param failed hears of a write that failed. */
  constructor(exchange: ObjectExchange, failed: (cause: unknown) => void) {
    this.#exchange = exchange;
    this.#failed = failed;
  }

  /** Resolves once it is written. Giving up the waiting does not take it back: the next messages are counted from it. */
  write(name: string, object: Uint8Array): Pending<void> {
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      cancel = reject;
      this.#waiting.push({ name, object, settled: resolve });
    });
    this.#begin();
    return { promise, cancel };
  }

  /** Begins no more writes; whoever waits for one is left to be cancelled by its owner. */
  stop(): void {
    this.#waiting = [];
  }

  /** Resolves when no message waits and none is being written. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #begin(): void {
    while (this.#underWay.size < parallelWrites) {
      const next = this.#waiting.shift();
      if (!next) return;
      const writing = this.#exchange
        .put(next.name, next.object)
        .catch(this.#failed)
        .finally(() => {
          next.settled();
          this.#underWay.delete(writing);
          this.#begin();
        });
      this.#underWay.add(writing);
    }
  }
}
