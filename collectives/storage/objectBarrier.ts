import type { CountedBarrier, Pending } from '../channel.js';
import type { ObjectExchange } from './objectExchange.js';
import { barrierDoneName, barrierPrefix, lastNumber } from './objectNames.js';

interface Entered {
  readonly context: number;
  readonly tag: number;
  readonly resolve: () => void;
}

/**
 * A barrier counted by the lowest rank: every rank writes an object, the lowest lists them and writes one more when all are there,
 * which the others look for. Two steps whatever the world size, and n + 1 writes, where messages would take log n steps
 * and n log n writes.
 */
export class ObjectBarrier implements CountedBarrier {
  readonly #exchange: ObjectExchange;
  readonly #epoch: string;
  readonly #rank: number;
  readonly #members: readonly number[];
  readonly #entered = new Map<string, Entered>();
  readonly #wake: () => void;
  readonly #failed: (cause: unknown) => void;

  constructor(
    exchange: ObjectExchange,
    member: { epoch: string; rank: number; members: readonly number[] },
    events: { wake: () => void; failed: (cause: unknown) => void },
  ) {
    this.#exchange = exchange;
    this.#epoch = member.epoch;
    this.#rank = member.rank;
    this.#members = member.members;
    this.#wake = events.wake;
    this.#failed = events.failed;
  }

  get isAwaited(): boolean {
    return this.#entered.size > 0;
  }

  enter(context: number, tag: number): Pending<void> {
    const name = `${barrierPrefix(this.#epoch, context, tag)}${this.#rank}`;
    let cancel: (reason: Error) => void = () => {};
    let isCancelled = false;
    const promise = new Promise<void>((resolve, reject) => {
      cancel = (reason) => {
        isCancelled = true;
        this.#entered.delete(name);
        reject(reason);
      };
      const entered = () => {
        if (isCancelled) return;
        this.#entered.set(name, { context, tag, resolve });
        this.#wake();
      };
      this.#exchange.put(name, new Uint8Array(0)).then(entered, this.#failed);
    });
    return { promise, cancel };
  }

  async missing(context: number, tag: number): Promise<readonly number[] | undefined> {
    const entered = await this.#exchange.list(barrierPrefix(this.#epoch, context, tag)).catch(() => undefined);
    if (!entered) return undefined;
    const present = new Set(entered.map(({ name }) => lastNumber(name)));
    return this.#members.filter((rank) => !present.has(rank));
  }

  /** One look at every barrier that this rank is in; whether any is complete. */
  async look(): Promise<boolean> {
    const looks = [...this.#entered].map(async ([name, { context, tag, resolve }]) => {
      if (!(await this.#isComplete(context, tag))) return false;
      if (this.#entered.delete(name)) resolve();
      return true;
    });
    return (await Promise.all(looks)).includes(true);
  }

  async #isComplete(context: number, tag: number): Promise<boolean> {
    const done = barrierDoneName(this.#epoch, context, tag);
    if (this.#rank !== this.#members[0]) return (await this.#exchange.get(done)) !== undefined;
    const entered = await this.#exchange.list(barrierPrefix(this.#epoch, context, tag));
    if (entered.length < this.#members.length) return false;
    await this.#exchange.put(done, new Uint8Array(0));
    await this.#exchange.delete(entered.map(({ name }) => name));
    return true;
  }
}
