import { type ConnectOptions, connectRendezvous } from '../rendezvous/client.js';
import type { Formed, PeerGone } from '../rendezvous/control.js';
import type { GroupListener } from '../rendezvous/formation.js';
import type { RendezvousLink } from '../rendezvous/link.js';
import { COMMIT, type Frame, type FrameHeader, frame, frameKinds } from '../rendezvous/protocol.js';
import { expandRanges } from '../rendezvous/rankRanges.js';
import type { MusterError } from '../run/errors.js';
import type { Arrival, Channel, ChannelObserver, CountedBarrier, Membership, Message, Pending } from './channel.js';
import { Inbox } from './inbox.js';
import { type Claim, Mailbox } from './mailbox.js';
import { Outbox } from './outbox.js';
import { ServedReductions } from './servedReductions.js';

const ROLL_CALL_MS = 1000;

export type RelayOptions = Omit<ConnectOptions, 'listener'>;

/** Hears what a direct channel beside this one needs to know. What came earlier is told first. */
export interface LinkageListener {
  /** The context whose messages are not for the mailbox. */
  readonly context: number;
  /** A frame of kind `introduce` or `introduction`. */
  introduction(frame: Frame): void;
  message(from: number, tag: number, message: Message): void;
  /** The group has formed anew: whatever belongs to the old membership is to be forgotten. */
  formedAnew(): void;
}

/** Messages as frames over the rendezvous server, which also counts the barriers. */
export class RelayChannel implements Channel {
  readonly kind = 'relay';
  readonly rank: number;
  readonly worldSize: number;
  readonly barrier: CountedBarrier;
  readonly reduction?: ServedReductions;
  readonly membership?: Membership;
  readonly #arrivals: Arrivals;
  readonly #link: RendezvousLink;
  readonly #outbox: Outbox;

  private constructor(options: RelayOptions, link: RendezvousLink, arrivals: Arrivals) {
    const { rank, worldSize, failurePolicy = 'abort' } = options;
    this.rank = rank;
    this.worldSize = worldSize;
    this.#link = link;
    this.#arrivals = arrivals;
    this.#outbox = new Outbox(rank, link);
    const reduction = link.reduces ? new ServedReductions(rank, link) : undefined;
    if (reduction) this.reduction = reduction;
    arrivals.reduction = reduction;
    arrivals.onRoom = () => this.#outbox.proceed();
    arrivals.onEpoch = () => {
      this.#outbox.restart();
      reduction?.restart();
    };
    this.barrier = {
      enter: (communicator, tag) => {
        const pending = arrivals.awaitBarrier(communicator, tag);
        link.send(frame({ kind: frameKinds.barrierEnter, communicator, tag, source: rank }));
        return pending;
      },
      missing: async (communicator, tag) => {
        const ranges = await link.rollCall(communicator, tag, ROLL_CALL_MS);
        return ranges && expandRanges(ranges);
      },
    };
    if (failurePolicy !== 'abort') this.membership = this.#membership(failurePolicy);
  }

  /** Joins the group of a run. @throws what `connectRendezvous` throws. */
  static async connect(options: RelayOptions): Promise<RelayChannel> {
    const arrivals = new Arrivals();
    const link = await connectRendezvous({ ...options, listener: arrivals });
    return new RelayChannel(options, link, arrivals);
  }

  #membership(policy: Membership['policy']): Membership {
    const [arrivals, { enter }] = [this.#arrivals, this.barrier];
    return {
      policy,
      get current() {
        return arrivals.epoch;
      },
      next: (epoch) => arrivals.awaitEpoch(epoch),
      commit: (tag) => enter(COMMIT, tag),
    };
  }

  get gone(): ReadonlyMap<number, PeerGone> {
    return this.#arrivals.peersGone;
  }

  get failure(): MusterError | undefined {
    return this.#arrivals.failure;
  }

  /** The connection to the rendezvous. */
  get link(): RendezvousLink {
    return this.#link;
  }

  observe(observer: ChannelObserver): void {
    this.#arrivals.observer = observer;
  }

  /** To be called once, by a channel that makes links of its own and brings messages that came over them. */
  attend(listener: LinkageListener): void {
    this.#arrivals.attend(listener);
  }

  /** Takes in a message that came another way. */
  deliver(from: number, context: number, tag: number, message: Message): void {
    this.#arrivals.mailbox.deliver(from, context, tag, message);
  }

  /** Memory for a message that begins to come another way. */
  claim(from: number, context: number, tag: number, bytes: number): Claim | undefined {
    return this.#arrivals.mailbox.claim(from, context, tag, bytes);
  }

  send(to: number, context: number, tag: number, message: Message): Pending<void> {
    if (to !== this.rank) return this.#outbox.send(to, context, tag, message);
    const copy = { datatype: message.datatype, bytes: new Uint8Array(message.bytes) };
    this.#arrivals.mailbox.deliver(to, context, tag, copy);
    return { promise: Promise.resolve(), cancel() {} };
  }

  receive(from: number, context: number, tag: number, into?: Uint8Array): Arrival {
    return this.#arrivals.mailbox.receive(from, context, tag, into);
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#arrivals.mailbox.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#arrivals.mailbox.discard(context, tag);
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** What comes over the link; it listens from before the group is complete, because others may be quicker. */
class Arrivals implements GroupListener {
  readonly mailbox = new Mailbox();
  readonly peersGone = new Map<number, PeerGone>();
  failure: MusterError | undefined;
  observer: ChannelObserver | undefined;
  /** The membership that counts at present. */
  epoch: Formed = { epoch: 0, ranks: [], completed: 0 };
  onEpoch: () => void = () => {};
  onRoom: () => void = () => {};
  reduction: ServedReductions | undefined;
  #hasFormed = false;
  readonly #awaitingEpoch = new Set<() => void>();
  readonly #inbox = new Inbox();
  readonly #barriers = new Map<string, () => void>();
  #linkage: LinkageListener | undefined;
  #early: Frame[] | undefined = [];

  attend(listener: LinkageListener): void {
    this.#linkage = listener;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const received of early) listener.introduction(received);
  }

  awaitBarrier(context: number, tag: number): Pending<void> {
    const name = `${context}:${tag}`;
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      this.#barriers.set(name, resolve);
      cancel = (reason) => {
        this.#barriers.delete(name);
        reject(reason);
      };
    });
    return { promise, cancel };
  }

  awaitEpoch(after: number): Pending<void> {
    if (this.epoch.epoch > after) return { promise: Promise.resolve(), cancel() {} };
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      this.#awaitingEpoch.add(resolve);
      cancel = (reason) => {
        this.#awaitingEpoch.delete(resolve);
        reject(reason);
      };
    });
    return { promise, cancel };
  }

  place(header: FrameHeader, payloadBytes: number): Uint8Array | undefined {
    if (header.kind === frameKinds.data) return this.#inbox.place(header, payloadBytes);
    return header.kind === frameKinds.reduceDone ? this.reduction?.place(header, payloadBytes) : undefined;
  }

  roomMade(): void {
    this.onRoom();
  }

  frame(received: Frame): void {
    const { kind, source, communicator, tag } = received;
    if (kind === frameKinds.barrierDone) {
      this.#barriers.get(`${communicator}:${tag}`)?.();
      this.#barriers.delete(`${communicator}:${tag}`);
      return;
    }
    if (kind === frameKinds.introduce || kind === frameKinds.introduction) {
      if (this.#linkage) this.#linkage.introduction(received);
      else this.#early?.push(received);
      return;
    }
    if (kind === frameKinds.reduceDone) {
      this.reduction?.accept(received);
      return;
    }
    const message = this.#inbox.accept(received);
    if (!message) return;
    if (communicator === this.#linkage?.context) this.#linkage.message(source, tag, message);
    else this.mailbox.deliver(source, communicator, tag, message);
  }

  /** The group has formed; if it did before, whatever belongs to the old membership is forgotten. */
  formed(formed: Formed): void {
    this.epoch = formed;
    if (this.#hasFormed) {
      this.mailbox.restart();
      this.#inbox.restart();
      this.#barriers.clear();
      this.onEpoch();
      const ranks = new Set(expandRanges(formed.ranks));
      for (const rank of this.peersGone.keys()) if (ranks.has(rank)) this.peersGone.delete(rank);
      this.#linkage?.formedAnew();
    }
    this.#hasFormed = true;
    for (const begin of this.#awaitingEpoch) begin();
    this.#awaitingEpoch.clear();
  }

  gone(peers: readonly PeerGone[]): void {
    for (const peer of peers) this.peersGone.set(peer.rank, peer);
    this.observer?.gone(peers);
  }

  failed(error: MusterError): void {
    this.failure = error;
    this.observer?.failed(error);
  }
}
