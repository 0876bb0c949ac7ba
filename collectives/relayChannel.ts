import { type ConnectOptions, connectRendezvous } from '../rendezvous/client.js';
import type { PeerGone } from '../rendezvous/control.js';
import type { GroupListener } from '../rendezvous/formation.js';
import type { RendezvousLink } from '../rendezvous/link.js';
import { type Frame, frame, frameKinds } from '../rendezvous/protocol.js';
import { expandRanges } from '../rendezvous/rankRanges.js';
import type { MusterError } from '../run/errors.js';
import type { Channel, ChannelObserver, CountedBarrier, Message, Pending } from './channel.js';
import { Inbox } from './inbox.js';
import { Mailbox } from './mailbox.js';
import { Outbox } from './outbox.js';

const ROLL_CALL_MS = 1000;

/** Messages as frames over the rendezvous server, which also counts the barriers. */
export class RelayChannel implements Channel {
  readonly kind = 'relay';
  readonly rank: number;
  readonly worldSize: number;
  readonly barrier: CountedBarrier;
  readonly #arrivals: Arrivals;
  readonly #link: RendezvousLink;
  readonly #outbox: Outbox;

  private constructor(rank: number, worldSize: number, link: RendezvousLink, arrivals: Arrivals) {
    this.rank = rank;
    this.worldSize = worldSize;
    this.#link = link;
    this.#arrivals = arrivals;
    this.#outbox = new Outbox(rank, link);
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
  }

  /** Joins the group of a run. @throws what `connectRendezvous` throws. */
  static async connect(options: Omit<ConnectOptions, 'listener'>): Promise<RelayChannel> {
    const arrivals = new Arrivals();
    const link = await connectRendezvous({ ...options, listener: arrivals });
    return new RelayChannel(options.rank, options.worldSize, link, arrivals);
  }

  get gone(): ReadonlyMap<number, PeerGone> {
    return this.#arrivals.peersGone;
  }

  get failure(): MusterError | undefined {
    return this.#arrivals.failure;
  }

  observe(observer: ChannelObserver): void {
    this.#arrivals.observer = observer;
  }

  send(to: number, context: number, tag: number, message: Message): Pending<void> {
    if (to !== this.rank) return this.#outbox.send(to, context, tag, message);
    const copy = { datatype: message.datatype, bytes: new Uint8Array(message.bytes) };
    this.#arrivals.mailbox.deliver(to, context, tag, copy);
    return { promise: Promise.resolve(), cancel() {} };
  }

  receive(from: number, context: number, tag: number): Pending<Message> {
    return this.#arrivals.mailbox.receive(from, context, tag);
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
  readonly #inbox = new Inbox();
  readonly #barriers = new Map<string, () => void>();

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

  frame(received: Frame): void {
    const { kind, source, communicator, tag } = received;
    if (kind === frameKinds.barrierDone) {
      this.#barriers.get(`${communicator}:${tag}`)?.();
      this.#barriers.delete(`${communicator}:${tag}`);
      return;
    }
    const message = this.#inbox.accept(received);
    if (message) this.mailbox.deliver(source, communicator, tag, message);
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
