import { type Clock, systemClock } from '../../rendezvous/clock.js';
import type { PeerGone } from '../../rendezvous/control.js';
import { MusterError } from '../../run/errors.js';
import type { Channel, ChannelObserver, CountedBarrier, Message, Pending } from '../channel.js';
import { StorageChannelError } from './errors.js';
import { meet, type Roster } from './meeting.js';
import { ObjectBarrier } from './objectBarrier.js';
import type { ObjectExchange } from './objectExchange.js';
import { encodeObjectFrame } from './objectFrame.js';
import { ObjectInbox } from './objectInbox.js';
import { messageName } from './objectNames.js';
import { type PollInterval, Polling } from './polling.js';
import { type HeartbeatOptions, OwnPresence, PresenceWatch } from './presence.js';

/** How often the channel looks and renews. */
export interface StorageTiming {
  readonly poll: PollInterval;
  readonly heartbeat: HeartbeatOptions;
}

/**
 * A rank that dies is known to everyone who waits after `silenceMs`, one interval until its last heartbeat has been seen
 * and half of one until the next look: at most 4.5 s, and what the calls take. Looking at most every half second costs
 * 0.003 USD for an hour of waiting for one rank; a heartbeat every second costs 0.018 USD an hour, and looking for those
 * of the others as much for an hour of waiting.
 */
export const defaultStorageTiming: StorageTiming = {
  poll: { minMs: 10, maxMs: 500 },
  heartbeat: { intervalMs: 1000, silenceMs: 3000 },
};

export interface ConnectStorageOptions {
  readonly exchange: ObjectExchange;
  readonly runId: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly generation: number;
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
  readonly barrier: CountedBarrier;
  readonly gone = new Map<number, PeerGone>();
  failure: MusterError | undefined;
  readonly #exchange: ObjectExchange;
  readonly #epoch: string;
  readonly #presence: OwnPresence;
  readonly #watch: PresenceWatch;
  readonly #inbox: ObjectInbox;
  readonly #barrier: ObjectBarrier;
  readonly #polling: Polling;
  readonly #stopWatching: () => void;
  readonly #sequences = new Map<number, number>();
  /** Messages that are being written. */
  readonly #sending = new Set<Promise<void>>();
  #watching: Promise<void> | undefined;
  #observer: ChannelObserver | undefined;

  private constructor(options: ConnectStorageOptions, roster: Roster, presence: OwnPresence) {
    const { exchange, rank, worldSize, clock = systemClock, timing = defaultStorageTiming } = options;
    this.rank = rank;
    this.worldSize = worldSize;
    this.#exchange = exchange;
    this.#epoch = roster.epoch;
    this.#presence = presence;
    this.#watch = new PresenceWatch(exchange, rank, roster.generations, timing.heartbeat, clock);
    this.#inbox = new ObjectInbox(exchange, roster.epoch, rank);
    this.#barrier = new ObjectBarrier(
      exchange,
      { epoch: roster.epoch, rank, worldSize },
      { wake: () => this.#polling.wake(), failed: (cause) => this.#fail('writing an object', cause) },
    );
    this.barrier = this.#barrier;
    this.#polling = new Polling(() => this.#look(), timing.poll, clock);
    this.#stopWatching = clock.every(timing.heartbeat.intervalMs, () => this.#watchOthers());
  }

  /**
   * Joins the group of a run.
   *
   * @throws GroupTimeoutError naming the ranks that did not come, GroupBrokenError, GroupReleasedError, FencedError,
   * ConnectAbortedError, StorageChannelError.
   */
  static async connect(options: ConnectStorageOptions): Promise<StorageChannel> {
    const { exchange, runId, rank, generation, clock = systemClock, timing = defaultStorageTiming } = options;
    const member = { runId, rank, generation };
    let channel: StorageChannel | undefined;
    let presence: OwnPresence | undefined;
    const failed = (cause: unknown) => {
      if (channel) channel.#fail('renewing its presence', cause);
    };
    try {
      presence = await OwnPresence.begin(exchange, member, timing.heartbeat, clock, failed);
      const roster = await meet({ ...options, member, clock, interval: timing.poll });
      channel = new StorageChannel(options, roster, presence);
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
    if (to === this.rank) {
      const copy = { datatype: message.datatype, bytes: new Uint8Array(message.bytes) };
      this.#inbox.deliverOwn(context, tag, copy);
      return { promise: Promise.resolve(), cancel() {} };
    }
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, sequence + 1);
    const object = encodeObjectFrame({ communicator: context, tag, message });
    const written = this.#exchange
      .put(messageName(this.#epoch, to, this.rank, sequence), object)
      .catch((cause) => this.#fail('sending a message', cause))
      .finally(() => this.#sending.delete(written));
    this.#sending.add(written);
    // Giving up the waiting does not take the message back: the next ones are counted from it.
    let cancel: (reason: Error) => void = () => {};
    const given = new Promise<void>((resolve, reject) => {
      cancel = reject;
      void written.then(resolve);
    });
    return { promise: given, cancel };
  }

  receive(from: number, context: number, tag: number): Pending<Message> {
    const pending = this.#inbox.receive(from, context, tag);
    this.#polling.wake();
    return pending;
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#inbox.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#inbox.discard(context, tag);
  }

  /** What this rank has sent is written, and what was sent to it removed; the last to leave removes everything. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#polling.stop();
    await Promise.all([...this.#sending, this.#watching, this.#presence.end()]);
    if (this.failure) return;
    try {
      await this.#presence.leave();
      await this.#inbox.clear();
      await this.#tellGone();
      if (this.#watch.isAlone) await removeEverything(this.#exchange);
    } catch (cause) {
      this.#fail('leaving', cause);
    }
  }

  async #look(): Promise<'found' | 'nothing' | 'idle'> {
    if (!this.#isWaiting || this.failure) return 'idle';
    try {
      const [message, barrier] = await Promise.all([this.#inbox.look(), this.#barrier.look()]);
      return message || barrier ? 'found' : 'nothing';
    } catch (cause) {
      this.#fail('looking for messages', cause);
      return 'idle';
    }
  }

  get #isWaiting(): boolean {
    return this.#inbox.isAwaited || this.#barrier.isAwaited;
  }

  /** Looks whether the others are alive, as long as this rank waits for any of them. */
  #watchOthers(): void {
    if (!this.#isWaiting) this.#watch.resume();
    else if (!this.#watching && !this.failure) {
      this.#watching = this.#tellGone()
        .catch((cause) => this.#fail('looking for the others', cause))
        .finally(() => {
          this.#watching = undefined;
        });
    }
  }

  /** Tells of those that have gone, once everything that they had sent has arrived. */
  async #tellGone(): Promise<void> {
    const gone = await this.#watch.look();
    if (gone.length === 0) return;
    await Promise.all(gone.map(({ rank }) => this.#inbox.drain(rank)));
    // What has just arrived is handed over before its receivers hear that nothing more will come.
    await Promise.resolve();
    for (const peer of gone) this.gone.set(peer.rank, peer);
    this.#observer?.gone(gone);
  }

  #fail(what: string, cause: unknown): void {
    if (this.failure) return;
    this.failure = cause instanceof MusterError ? cause : new StorageChannelError(this.rank, what, cause);
    this.#stopWatching();
    this.#polling.stop();
    this.#observer?.failed(this.failure);
  }
}

/** Removes every object of a group. */
async function removeEverything(exchange: ObjectExchange): Promise<void> {
  const objects = await exchange.list('');
  await exchange.delete(objects.map(({ name }) => name));
}
