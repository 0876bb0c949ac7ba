import { type Clock, systemClock } from '../../rendezvous/clock.js';
import type { PeerGone } from '../../rendezvous/control.js';
import type { FailurePolicy } from '../../rendezvous/protocol.js';
import { MusterError } from '../../run/errors.js';
import {
  type Arrival,
  type Channel,
  type ChannelObserver,
  type CountedBarrier,
  type Membership,
  type Message,
  type Pending,
  taken,
} from '../channel.js';
import { StorageChannelError } from './errors.js';
import { firstState } from './groupState.js';
import { Ledger } from './ledger.js';
import { meet, returnToGroup } from './meeting.js';
import type { ObjectExchange } from './objectExchange.js';
import { encodeObjectFrame } from './objectFrame.js';
import { ObjectGroup, type ObjectGroupOptions } from './objectGroup.js';
import { ObjectOutbox } from './objectOutbox.js';
import { OwnPresence } from './ownPresence.js';
import { Polling } from './polling.js';
import { defaultStorageTiming, type StorageTiming } from './storageTiming.js';

export interface ConnectStorageOptions {
  readonly exchange: ObjectExchange;
  /**
   * The same objects, over connections that nothing else uses: a heartbeat that waits behind a thousand messages, or
   * behind whatever else this process reads and writes, is that of a lost rank.
   */
  readonly presenceExchange: ObjectExchange;
  readonly runId: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly generation: number;
  /** What happens when the group loses a rank, the same at every rank (`ConnectCommunicatorOptions`); `abort` by default. */
  readonly failurePolicy?: FailurePolicy;
  /** Time for every rank to arrive. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly timing?: StorageTiming;
}

/**
 * Messages as objects, for groups that have nothing but a bucket: no server, no connection between ranks. Every message
 * costs a write and a few reads, and takes tens of milliseconds; its size hardly matters.
 */
export class StorageChannel implements Channel {
  readonly kind = 'storage';
  readonly rank: number;
  readonly worldSize: number;
  readonly barrier: CountedBarrier = {
    enter: (context, tag) => this.#group.members.barrier.enter(context, tag),
    missing: (context, tag) => this.#group.members.barrier.missing(context, tag),
  };
  readonly membership: Membership | undefined;
  readonly gone: ReadonlyMap<number, PeerGone>;
  failure: MusterError | undefined;
  readonly #presence: OwnPresence;
  readonly #group: ObjectGroup;
  readonly #outbox: ObjectOutbox;
  readonly #polling: Polling;
  readonly #stopWatching: () => void;
  #observer: ChannelObserver | undefined;

  private constructor(options: ObjectGroupOptions, presence: OwnPresence, { poll, heartbeat }: StorageTiming) {
    const { exchange, member, worldSize, clock } = options;
    this.rank = member.rank;
    this.worldSize = worldSize;
    this.#presence = presence;
    this.#outbox = new ObjectOutbox(exchange, (cause) => this.#fail('sending a message', cause));
    this.#polling = new Polling(() => this.#look(), poll, clock);
    this.#group = new ObjectGroup(options, {
      wake: () => this.#polling.wake(),
      gone: (peers) => this.#observer?.gone(peers),
      failed: (what, cause) => this.#fail(what, cause),
    });
    this.membership = this.#group.membership;
    this.gone = this.#group.gone;
    this.#stopWatching = clock.every(heartbeat.intervalMs, () => this.#group.watch());
  }

  /**
   * Joins the group of a run.
   *
   * @throws GroupTimeoutError naming the ranks that did not come, GroupBrokenError, GroupReleasedError, FencedError,
   * PolicyMismatchError, ConnectAbortedError, StorageChannelError.
   */
  static async connect(options: ConnectStorageOptions): Promise<StorageChannel> {
    const { exchange, presenceExchange, runId, rank, generation, failurePolicy: policy = 'abort' } = options;
    const { clock = systemClock, timing = defaultStorageTiming } = options;
    const member = { runId, rank, generation };
    const meeting = { ...options, member, policy, clock, interval: timing.poll };
    let channel: StorageChannel | undefined;
    let presence: OwnPresence | undefined;
    const failed = (cause: unknown) => {
      if (channel) channel.#fail('renewing its presence', cause);
    };
    try {
      presence = await OwnPresence.begin(presenceExchange, member, timing.heartbeat, clock, failed);
      const roster = await meet(meeting);
      const ledger = new Ledger(exchange, firstState(roster.generations));
      if (roster.generations[rank] !== generation) await returnToGroup(meeting, ledger);
      const group = { ...meeting, roster, ledger, heartbeat: timing.heartbeat };
      channel = new StorageChannel(group, presence, timing);
      return channel;
    } catch (error) {
      await presence?.end();
      await presence?.withdraw().catch(() => undefined);
      throw error instanceof MusterError ? error : new StorageChannelError(rank, 'meeting the others', error);
    }
  }

  observe(observer: ChannelObserver): void {
    this.#observer = observer;
  }

  send(to: number, context: number, tag: number, message: Message): Pending<void> {
    const { inbox } = this.#group.members;
    if (to === this.rank) {
      const copy = { datatype: message.datatype, bytes: new Uint8Array(message.bytes) };
      inbox.deliverOwn(context, tag, copy);
      return taken;
    }
    const object = encodeObjectFrame({ communicator: context, tag, message });
    return this.#outbox.write(this.#group.members.nextMessageName(to), object);
  }

  receive(from: number, context: number, tag: number): Arrival {
    const pending = this.#group.members.inbox.receive(from, context, tag);
    this.#polling.wake();
    return pending;
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#group.members.inbox.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#group.members.inbox.discard(context, tag);
  }

  /** What this rank has sent is written, and what was sent to it removed; the last to leave removes everything. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#polling.stop();
    await Promise.all([this.#outbox.settled(), this.#group.watched(), this.#presence.end()]);
    if (this.failure) return;
    try {
      await this.#presence.leave();
      await this.#group.leave();
      if (this.#group.isAlone && !this.failure) await this.#group.removeObjects();
    } catch (cause) {
      this.#fail('leaving', cause);
    }
  }

  async #look(): Promise<'found' | 'nothing' | 'idle'> {
    if (!this.#group.isAwaited || this.failure) return 'idle';
    try {
      return (await this.#group.look()) ? 'found' : 'nothing';
    } catch (cause) {
      this.#fail('looking for messages', cause);
      return 'idle';
    }
  }

  #fail(what: string, cause: unknown): void {
    if (this.failure) return;
    this.failure = cause instanceof MusterError ? cause : new StorageChannelError(this.rank, what, cause);
    this.#stopWatching();
    this.#polling.stop();
    this.#outbox.stop();
    this.#observer?.failed(this.failure);
  }
}
