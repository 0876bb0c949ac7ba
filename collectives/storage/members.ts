import type { Clock } from '../../rendezvous/clock.js';
import { ObjectBarrier } from './objectBarrier.js';
import type { ObjectExchange } from './objectExchange.js';
import { ObjectInbox } from './objectInbox.js';
import { type HeartbeatOptions, PresenceWatch } from './presence.js';

export interface MembersOptions {
  readonly exchange: ObjectExchange;
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
  readonly epoch: string;
  readonly watch: PresenceWatch;
  readonly inbox: ObjectInbox;
  readonly barrier: ObjectBarrier;
  readonly #sequences = new Map<number, number>();

  constructor({ exchange, epoch, rank, generations, heartbeat, clock, wake, failed }: MembersOptions) {
    const members = [...generations.keys()];
    this.epoch = epoch;
    this.watch = new PresenceWatch(exchange, rank, generations, heartbeat, clock);
    this.inbox = new ObjectInbox(exchange, epoch, rank);
    this.barrier = new ObjectBarrier(exchange, { epoch, rank, members }, { wake, failed });
  }

  /** Number of the next message to a rank. */
  nextSequence(to: number): number {
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, sequence + 1);
    return sequence;
  }
}
