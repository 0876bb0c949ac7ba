import type { Formed } from '../../rendezvous/control.js';
import type { Membership, Pending } from '../channel.js';
import { afterCompletion, formedOf, type GroupState } from './groupState.js';
import type { Ledger } from './ledger.js';
import type { ObjectExchange } from './objectExchange.js';
import { commitPrefix } from './objectNames.js';

export interface ObjectMembershipOptions {
  readonly exchange: ObjectExchange;
  readonly ledger: Ledger;
  readonly policy: Membership['policy'];
  readonly rank: number;
  readonly worldSize: number;
  /** Name of an epoch. */
  readonly epochName: (epoch: number) => string;
  readonly wake: () => void;
  readonly failed: (cause: unknown) => void;
}

/**
 * The membership of a group without a server. A rank declares its part of a collective complete with an object; the
 * lowest member lists them and, when all are there, writes that into the ledger, unless a loss was written before. So a
 * collective is complete at every rank or at none.
 */
export class ObjectMembership implements Membership {
  readonly policy: Membership['policy'];
  current: Formed;
  readonly #place: ObjectMembershipOptions;
  readonly #commits = new Map<number, () => void>();
  readonly #awaitingEpoch = new Set<() => void>();

  constructor(options: ObjectMembershipOptions) {
    this.policy = options.policy;
    this.#place = options;
    this.current = formedOf(options.ledger.state, options.worldSize);
  }

  get isAwaited(): boolean {
    return this.#commits.size > 0 || this.#awaitingEpoch.size > 0;
  }

  next(epoch: number): Pending<void> {
    if (this.current.epoch > epoch) return { promise: Promise.resolve(), cancel() {} };
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      this.#awaitingEpoch.add(resolve);
      cancel = (reason) => {
        this.#awaitingEpoch.delete(resolve);
        reject(reason);
      };
    });
    this.#place.wake();
    return { promise, cancel };
  }

  commit(tag: number): Pending<void> {
    const { exchange, rank, wake, failed } = this.#place;
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      this.#commits.set(tag, resolve);
      cancel = (reason) => {
        if (this.#commits.get(tag) === resolve) this.#commits.delete(tag);
        reject(reason);
      };
    });
    exchange.put(`${this.#prefix(tag)}${rank}`, new Uint8Array(0)).then(wake, failed);
    return { promise, cancel };
  }

  /** One look at the ledger, and by the lowest member at the commits; whether there was anything new. */
  async look(): Promise<boolean> {
    const { exchange, ledger, rank } = this.#place;
    const isNew = await ledger.advance();
    const { epoch, completed, members } = ledger.state;
    if (members[0]?.[0] !== rank || !this.#commits.has(completed)) return isNew;
    const declared = await exchange.list(this.#prefix(completed));
    if (declared.length < members.length) return isNew;
    await ledger.propose((state) => afterCompletion(state, epoch, completed));
    await exchange.delete(declared.map(({ name }) => name));
    return true;
  }

  /** Hears of each state of the ledger, after the operations of an old epoch have been ended. */
  follow(state: GroupState): void {
    if (state.epoch > this.current.epoch) {
      this.current = formedOf(state, this.#place.worldSize);
      this.#commits.clear();
      for (const begin of this.#awaitingEpoch) begin();
      this.#awaitingEpoch.clear();
    }
    for (const [tag, resolve] of this.#commits) {
      if (tag >= state.completed) continue;
      this.#commits.delete(tag);
      resolve();
    }
  }

  #prefix(tag: number): string {
    return commitPrefix(this.#place.epochName(this.current.epoch), tag);
  }
}
