import type { ConnectOptions } from '../../rendezvous/client.js';
import { type Clock, systemClock } from '../../rendezvous/clock.js';
import { decodeControl, type PeerGone } from '../../rendezvous/control.js';
import { type Endpoint, introductionSchema, type Offer } from '../../rendezvous/introduction.js';
import { type Frame, frame, frameKinds } from '../../rendezvous/protocol.js';
import type { MusterError } from '../../run/errors.js';
import type { Arrival, Channel, ChannelObserver, CountedBarrier, Membership, Message, Pending } from '../channel.js';
import { RelayChannel } from '../relayChannel.js';
import type { OpenedLink } from './directLink.js';
import { Door } from './door.js';
import { type Invitation, type LinkConnection, makeLink } from './linkMaker.js';
import { LINK_CONTEXT } from './linkMessages.js';
import { type LinkStream, NodeStream } from './linkStream.js';
import { askObserver, type SeenPort } from './natProbe.js';
import { PolledStream } from './polledStream.js';
import { Poller } from './poller.js';
import { type Path, Route } from './route.js';
import { Spinner } from './spinner.js';
import { fileDescriptorOf, type SystemCalls, systemCalls } from './systemCalls.js';

/** Time for a link to come about; a SYN under way is not given up before. */
const MAKING_MS = 4000;
const OBSERVER_MS = 2000;
/** By default, where polling harms nobody; longer than what passes between the messages of one operation. */
const POLL_MS = 1;
/** Beyond this world size the rendezvous counts a barrier sooner than ranks can tell each other in rounds. */
const MAX_TOLD_BARRIER = 8;
/** Time that a rank's departure waits for the last bytes of its link. */
const LAST_BYTES_MS = 1000;

export interface DirectChannelOptions extends Omit<ConnectOptions, 'listener' | 'sharedPort'> {
  /**
   * How long a rank that waits looks for messages before it goes to sleep, in ms; 0 is never. By default 1 where it can
   * give the CPU to others in between (`systemCalls`), and 0 where it cannot: it then shortens small operations only
   * where every rank has a CPU of its own.
   */
  readonly pollMs?: number | undefined;
  /** Leaves the sockets to Node even where there are `systemCalls`. */
  readonly plainSockets?: boolean | undefined;
}

/**
 * Messages over TCP links from rank to rank, and over the relay where there is no link (yet). A link is made in the
 * background when the first message to a rank is sent: across NATs by hole punching, within one network by plain
 * connections; see `route.ts` for how the way changes, and `punch.ts` for what was tested.
 *
 * A rank that dies is still found by the rendezvous, which also counts the barriers of large worlds. Links that break cost no message:
 * what had not arrived goes over the relay. An operation that is given up while a socket holds its memory costs the
 * link.
 */
export class DirectChannel implements Channel {
  readonly kind = 'direct';
  readonly rank: number;
  readonly worldSize: number;
  readonly barrier?: CountedBarrier;
  readonly membership?: Membership;
  readonly gone = new Map<number, PeerGone>();
  readonly #relay: RelayChannel;
  readonly #clock: Clock;
  /** Where sockets are read and written by system calls. */
  readonly #polling: { readonly calls: SystemCalls; readonly poller: Poller } | undefined;
  /** Where they are left to Node. */
  readonly #spinner: Spinner;
  readonly #routes = new Map<number, Route>();
  #door: Promise<Door | undefined> | undefined;
  #seen: { readonly local: Endpoint; readonly by: Promise<SeenPort | null> } | undefined;
  /** Ports to punch from, by peer, where it is not that of the rendezvous connection. */
  readonly #punchingPorts = new Map<number, number>();
  #observer: ChannelObserver | undefined;

  private constructor(relay: RelayChannel, options: DirectChannelOptions) {
    this.rank = relay.rank;
    this.worldSize = relay.worldSize;
    if (relay.worldSize > MAX_TOLD_BARRIER) this.barrier = relay.barrier;
    if (relay.membership) this.membership = relay.membership;
    this.#relay = relay;
    this.#clock = options.clock ?? systemClock;
    const { pollMs, plainSockets = false } = options;
    if (!plainSockets && systemCalls) {
      this.#polling = { calls: systemCalls, poller: new Poller({ pollMs: pollMs ?? POLL_MS, ...systemCalls }) };
    }
    this.#spinner = new Spinner(pollMs ?? 0);
    for (const [rank, peer] of relay.gone) this.gone.set(rank, peer);
    relay.observe({
      gone: (peers) => this.#peersGone(peers),
      failed: (error) => this.#failed(error),
    });
    relay.attend({
      context: LINK_CONTEXT,
      introduction: (received) => this.#introduction(received),
      message: (from, tag, message) => this.#route(from).heard(tag, message),
      formedAnew: () => this.#beginAnew(),
    });
  }

  /** Joins the group of a run. @throws what `connectRendezvous` throws. */
  static async connect(options: DirectChannelOptions): Promise<DirectChannel> {
    return new DirectChannel(await RelayChannel.connect({ ...options, sharedPort: true }), options);
  }

  get failure(): MusterError | undefined {
    return this.#relay.failure;
  }

  /** Which way messages to each rank take at the moment; ranks to which nothing was sent are left out. */
  get paths(): ReadonlyMap<number, Path> {
    return new Map([...this.#routes].map(([rank, route]) => [rank, route.path]));
  }

  observe(observer: ChannelObserver): void {
    this.#observer = observer;
  }

  send(to: number, context: number, tag: number, message: Message, isPatient = false): Pending<void> {
    if (to === this.rank) return this.#relay.send(to, context, tag, message);
    return this.#route(to).send(context, tag, message, isPatient);
  }

  receive(from: number, context: number, tag: number, into?: Uint8Array): Arrival {
    const arrival = this.#relay.receive(from, context, tag, into);
    this.#routes.get(from)?.during(arrival);
    return arrival;
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#relay.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#relay.discard(context, tag);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#routes.values()].map((route) => route.close()));
    (await this.#door)?.close();
    await this.#relay.close();
  }

  #route(peer: number): Route {
    const known = this.#routes.get(peer);
    if (known) return known;
    const route = new Route(peer, {
      rank: this.rank,
      relay: (to, context, tag, message) => this.#relay.send(to, context, tag, message),
      deliver: (from, context, tag, message) => this.#relay.deliver(from, context, tag, message),
      claim: (from, context, tag, bytes) => this.#relay.claim(from, context, tag, bytes),
      offer: (to, attempt) => void this.#offer(to, attempt),
      makeLink: (to, linkId, invitation, signal) => this.#makeLink(to, linkId, invitation, signal),
    });
    this.#routes.set(peer, route);
    return route;
  }

  /** What the rendezvous says about links. */
  #introduction(received: Frame): void {
    const { kind, source, tag } = received;
    if (kind === frameKinds.introduce) this.#route(source).invited();
    else this.#route(source).introduced(tag, decodeControl(introductionSchema, received));
  }

  async #offer(to: number, attempt: number): Promise<void> {
    const { local } = this.#relay.link;
    if (!local) return;
    this.#door ??= Door.open(local.address, this.#polling?.calls);
    if (this.#seen?.local !== local) this.#seen = { local, by: this.#askObserver(local.port) };
    // NATs remember the connection that failed between the old ports, and answer for it; a new one knows nothing of it.
    const fresh = attempt > 1 ? this.#askObserver(0) : null;
    const [door, seen, punching] = await Promise.all([this.#door, this.#seen.by, fresh]);
    if (punching) this.#punchingPorts.set(to, punching.localPort);
    else this.#punchingPorts.delete(to);
    const offer: Offer = {
      attempt,
      local,
      seen: seen?.seen ?? null,
      listening: door?.endpoint ?? null,
      punching: punching?.seen ?? null,
    };
    const payload = Buffer.from(JSON.stringify(offer));
    this.#relay.link.send(frame({ kind: frameKinds.introduce, source: this.rank, destination: to, payload }));
  }

  #askObserver(localPort: number): Promise<SeenPort | null> {
    const { observer } = this.#relay.link;
    return observer ? askObserver(observer, localPort, OBSERVER_MS) : Promise.resolve(null);
  }

  async #makeLink(peer: number, linkId: number, invitation: Invitation, signal: AbortSignal): Promise<OpenedLink> {
    const deadline = new AbortController();
    const cancel = this.#clock.after(MAKING_MS, () => deadline.abort());
    const stop = AbortSignal.any([signal, deadline.signal]);
    const { address = '', port = 0 } = this.#relay.link.local ?? {};
    const local = { address, port: this.#punchingPorts.get(peer) ?? port };
    const means = { rank: this.rank, local, door: await this.#door, calls: this.#polling?.calls };
    try {
      const connection = await makeLink(means, peer, linkId, invitation, stop);
      return { socket: connection.socket, stream: this.#streamOf(connection) };
    } finally {
      cancel();
    }
  }

  #streamOf(connection: LinkConnection): LinkStream {
    const fileDescriptor = connection.intake.readsInPlace ? fileDescriptorOf(connection.socket) : undefined;
    if (!this.#polling || fileDescriptor === undefined) return new NodeStream(connection, this.#spinner);
    const { calls, poller } = this.#polling;
    return new PolledStream(connection, fileDescriptor, calls, poller);
  }

  /** Links of the old membership may hold what belongs to it. */
  #beginAnew(): void {
    for (const route of this.#routes.values()) route.lose();
    this.#routes.clear();
    this.gone.clear();
    for (const [rank, peer] of this.#relay.gone) this.gone.set(rank, peer);
  }

  #peersGone(peers: readonly PeerGone[]): void {
    for (const peer of peers) {
      const route = this.#routes.get(peer.rank);
      const lastBytes = peer.how === 'left' ? route?.linkClosed : undefined;
      if (lastBytes) {
        // The departure came over the relay; what was sent before it may still come over the link.
        const tell = once(() => this.#peerGone(peer));
        const cancel = this.#clock.after(LAST_BYTES_MS, tell);
        void lastBytes.then(() => {
          cancel();
          tell();
        });
      } else this.#peerGone(peer);
    }
  }

  #peerGone(peer: PeerGone): void {
    this.#routes.get(peer.rank)?.lose();
    this.gone.set(peer.rank, peer);
    this.#observer?.gone([peer]);
  }

  #failed(error: MusterError): void {
    for (const route of this.#routes.values()) route.lose();
    this.#observer?.failed(error);
  }
}

function once(action: () => void): () => void {
  let called = false;
  return () => {
    if (!called) action();
    called = true;
  };
}
