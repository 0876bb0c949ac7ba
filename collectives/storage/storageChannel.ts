import { type Clock, systemClock } from '../../rendezvous/clock.js';
import type { PeerGone } from '../../rendezvous/control.js';
import { FencedError, type MemberIdentity } from '../../rendezvous/errors.js';
import type { FailurePolicy } from '../../rendezvous/protocol.js';
import { MusterError } from '../../run/errors.js';
import type { Arrival, Channel, ChannelObserver, CountedBarrier, Membership, Message, Pending } from '../channel.js';
import { StorageChannelError } from './errors.js';
import { afterLoss, firstState, type GroupState, generationOf, isLost } from './groupState.js';
import { Ledger } from './ledger.js';
import { meet, type Roster, returnToGroup } from './meeting.js';
import { Members } from './members.js';
import type { ObjectExchange } from './objectExchange.js';
import { encodeObjectFrame } from './objectFrame.js';
import { ObjectMembership } from './objectMembership.js';
import { isOfLedger, messageName } from './objectNames.js';
import { type PollInterval, Polling } from './polling.js';
import { type HeartbeatOptions, OwnPresence } from './presence.js';

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
  /** What happens when the group loses a rank, the same at every rank (`ConnectCommunicatorOptions`); `abort` by default. */
  readonly failurePolicy?: FailurePolicy;
  /** Time for every rank to arrive. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly timing?: StorageTiming;
}

/** What the channel knows of its group from the beginning. */
interface Place {
  readonly member: MemberIdentity;
  readonly worldSize: number;
  readonly roster: Roster;
  readonly clock: Clock;
  readonly timing: StorageTiming;
}

/** Present where the group goes on after a loss. */
interface Agreed {
  readonly ledger: Ledger;
  readonly membership: ObjectMembership;
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
    enter: (context, tag) => this.#members.barrier.enter(context, tag),
    missing: (context, tag) => this.#members.barrier.missing(context, tag),
  };
  readonly membership?: Membership;
  readonly gone = new Map<number, PeerGone>();
  failure: MusterError | undefined;
  readonly #exchange: ObjectExchange;
  readonly #place: Place;
  readonly #presence: OwnPresence;
  readonly #polling: Polling;
  readonly #stopWatching: () => void;
  readonly #agreed: Agreed | undefined;
  #members: Members;
  /** Messages that are being written. */
  readonly #sending = new Set<Promise<void>>();
  #watching: Promise<void> | undefined;
  #observer: ChannelObserver | undefined;

  private constructor(
    place: Place,
    exchange: ObjectExchange,
    presence: OwnPresence,
    policy: FailurePolicy,
    ledger: Ledger,
  ) {
    const { member, worldSize, clock, timing } = place;
    this.rank = member.rank;
    this.worldSize = worldSize;
    this.#exchange = exchange;
    this.#place = place;
    this.#presence = presence;
    this.#polling = new Polling(() => this.#look(), timing.poll, clock);
    this.#stopWatching = clock.every(timing.heartbeat.intervalMs, () => this.#watchOthers());
    this.#members = this.#membersOf(ledger.state);
    if (policy === 'abort') return;
    const membership = new ObjectMembership({
      exchange,
      ledger,
      policy,
      rank: member.rank,
      worldSize,
      epochName: (epoch) => epochName(place.roster, epoch),
      wake: () => this.#polling.wake(),
      failed: (cause) => this.#fail('writing an object', cause),
    });
    this.membership = membership;
    this.#agreed = { ledger, membership };
    ledger.onChange = (state, before) => this.#follow(state, before);
  }

  /**
   * Joins the group of a run.
   *
   * @throws GroupTimeoutError naming the ranks that did not come, GroupBrokenError, GroupReleasedError, FencedError,
   * PolicyMismatchError, ConnectAbortedError, StorageChannelError.
   */
  static async connect(options: ConnectStorageOptions): Promise<StorageChannel> {
    const { exchange, runId, rank, worldSize, generation, failurePolicy: policy = 'abort' } = options;
    const { clock = systemClock, timing = defaultStorageTiming } = options;
    const member = { runId, rank, generation };
    let channel: StorageChannel | undefined;
    let presence: OwnPresence | undefined;
    const failed = (cause: unknown) => {
      if (channel) channel.#fail('renewing its presence', cause);
    };
    try {
      presence = await OwnPresence.begin(exchange, member, timing.heartbeat, clock, failed);
      const meeting = { ...options, member, policy, clock, interval: timing.poll };
      const roster = await meet(meeting);
      const ledger = new Ledger(exchange, firstState(roster.generations));
      if (roster.generations[rank] !== generation) await returnToGroup(meeting, ledger);
      const place = { member, worldSize, roster, clock, timing };
      channel = new StorageChannel(place, exchange, presence, policy, ledger);
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
      this.#members.inbox.deliverOwn(context, tag, copy);
      return { promise: Promise.resolve(), cancel() {} };
    }
    const members = this.#members;
    const object = encodeObjectFrame({ communicator: context, tag, message });
    const written = this.#exchange
      .put(messageName(members.epoch, to, this.rank, members.nextSequence(to)), object)
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

  receive(from: number, context: number, tag: number): Arrival {
    const pending = this.#members.inbox.receive(from, context, tag);
    this.#polling.wake();
    return pending;
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#members.inbox.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#members.inbox.discard(context, tag);
  }

  /** What this rank has sent is written, and what was sent to it removed; the last to leave removes everything. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#polling.stop();
    await Promise.all([...this.#sending, this.#watching, this.#presence.end()]);
    if (this.failure) return;
    try {
      await this.#presence.leave();
      await this.#members.inbox.clear();
      await this.#tellGone();
      // Whose place another attempt has taken may not clear away what that one needs.
      await this.#agreed?.ledger.advance();
      if (this.#members.watch.isAlone && !this.failure) await this.#removeObjects();
    } catch (cause) {
      this.#fail('leaving', cause);
    }
  }

  async #look(): Promise<'found' | 'nothing' | 'idle'> {
    if (!this.#isWaiting || this.failure) return 'idle';
    try {
      const { inbox, barrier } = this.#members;
      const looks = [inbox.look(), barrier.look(), this.#agreed?.membership.look()];
      return (await Promise.all(looks)).includes(true) ? 'found' : 'nothing';
    } catch (cause) {
      this.#fail('looking for messages', cause);
      return 'idle';
    }
  }

  get #isWaiting(): boolean {
    const { inbox, barrier } = this.#members;
    return inbox.isAwaited || barrier.isAwaited || (this.#agreed?.membership.isAwaited ?? false);
  }

  /** Looks whether the others are alive, as long as this rank waits for any of them. */
  #watchOthers(): void {
    if (!this.#isWaiting) this.#members.watch.resume();
    else if (!this.#watching && !this.failure) {
      this.#watching = this.#tellGone()
        .catch((cause) => this.#fail('looking for the others', cause))
        .finally(() => {
          this.#watching = undefined;
        });
    }
  }

  /** Finds those that have gone. Where the group goes on after a loss, all have to agree on it first. */
  async #tellGone(): Promise<void> {
    const members = this.#members;
    const gone = await members.watch.look();
    const lost = gone.filter(({ how }) => how === 'lost');
    if (!this.#agreed) return this.#tell(gone, members);
    await this.#tell(
      gone.filter(({ how }) => how === 'left'),
      members,
    );
    if (lost.length === 0) return;
    const { ledger, membership } = this.#agreed;
    const left = [...this.gone.values()].flatMap(({ how, rank }) => (how === 'left' ? [rank] : []));
    await ledger.propose((state) => afterLoss(state, membership.policy, lost, left));
  }

  /** Tells of those that have gone, once everything that they had sent has arrived. */
  async #tell(gone: readonly PeerGone[], { inbox }: Members): Promise<void> {
    if (gone.length === 0) return;
    await Promise.all(gone.map(({ rank }) => inbox.drain(rank)));
    // What has just arrived is handed over before its receivers hear that nothing more will come.
    await Promise.resolve();
    for (const peer of gone) this.gone.set(peer.rank, peer);
    this.#observer?.gone(gone);
  }

  /** The next state on which all agree: ends what a loss has interrupted, and begins a new epoch. */
  #follow(state: GroupState, before: GroupState): void {
    const { member } = this.#place;
    if (isLost(state, member.rank, member.generation)) {
      this.#fail('staying', new FencedError(member, 'the others take it for lost'));
      return;
    }
    const lost = state.lost.filter(({ rank, generation }) => !isLost(before, rank, generation));
    for (const peer of lost) this.gone.set(peer.rank, peer);
    if (lost.length > 0) this.#observer?.gone(lost);
    if (state.epoch > before.epoch) {
      this.#members = this.#membersOf(state);
      for (const { rank, how } of [...this.gone.values()]) {
        if (how === 'lost' && generationOf(state, rank) !== undefined) this.gone.delete(rank);
      }
    }
    this.#agreed?.membership.follow(state);
  }

  #membersOf(state: GroupState): Members {
    const { roster, timing, clock } = this.#place;
    return new Members({
      exchange: this.#exchange,
      epoch: epochName(roster, state.epoch),
      rank: this.rank,
      generations: new Map(state.members),
      heartbeat: timing.heartbeat,
      clock,
      wake: () => this.#polling.wake(),
      failed: (cause) => this.#fail('writing an object', cause),
    });
  }

  /**
   * Removes every object of the group. Where ranks were lost, one of them may only be frozen: the ledger stays, so that
   * it learns that the others went on without it, and does not take them for lost.
   */
  async #removeObjects(): Promise<void> {
    const { epoch = 0, lost = [] } = this.#agreed?.ledger.state ?? {};
    const isKept = (name: string) => (epoch > 0 || lost.length > 0) && isOfLedger(name);
    const objects = await this.#exchange.list('');
    await this.#exchange.delete(objects.map(({ name }) => name).filter((name) => !isKept(name)));
  }

  #fail(what: string, cause: unknown): void {
    if (this.failure) return;
    this.failure = cause instanceof MusterError ? cause : new StorageChannelError(this.rank, what, cause);
    this.#stopWatching();
    this.#polling.stop();
    this.#observer?.failed(this.failure);
  }
}

/** Messages of one epoch are never seen in another. */
function epochName({ epoch }: Roster, number: number): string {
  return number === 0 ? epoch : `${epoch}.${number}`;
}
