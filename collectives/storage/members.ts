import type { Clock } from '../../rendezvous/clock.js';
import { ObjectBarrier } from './objectBarrier.js';
import type { ObjectExchange } from './objectExchange.js';
import { ObjectInbox } from './objectInbox.js';
import { messageName } from './objectNames.js';
import { PresenceWatch } from './presenceWatch.js';
import type { HeartbeatOptions } from './storageTiming.js';

export interface MembersOptions {
  readonly exchange: ObjectExchange;
  readonly presenceExchange: ObjectExchange;
  /** Name of the epoch, with which the names of all its objects begin. */
  readonly epoch: string;
  readonly rank: number;
  /** Generations by rank. */
  readonly generations: ReadonlyMap<number, number>;
  readonly heartbeat: HeartbeatOptions;
  readonly clock: Clock;
  readonly wake: () => void;
  readonly failed: (cause: unknown) => void;
}

/** Those who belong together in one epoch, and what travels between them. A new epoch begins with new ones. */
export class Members {
  readonly watch: PresenceWatch;
  readonly inbox: ObjectInbox;
  readonly barrier: ObjectBarrier;
  readonly #epoch: string;
  readonly #rank: number;
  readonly #sequences = new Map<number, number>();

  constructor(options: MembersOptions) {
    const { exchange, presenceExchange, epoch, rank, generations, heartbeat, clock, wake, failed } = options;
    const members = [...generations.keys()];
    this.#epoch = epoch;
    this.#rank = rank;
    this.watch = new PresenceWatch(presenceExchange, rank, generations, heartbeat, clock);
    this.inbox = new ObjectInbox(exchange, epoch, rank);
    this.barrier = new ObjectBarrier(exchange, { epoch, rank, members }, { wake, failed });
  }

  /** Name of the next message to a rank. */
  nextMessageName(to: number): string {
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, sequence + 1);
    return messageName(this.#epoch, to, this.#rank, sequence);
  }
}
