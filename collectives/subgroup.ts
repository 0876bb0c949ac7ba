import type { PeerGone } from '../rendezvous/control.js';
import type { MusterError } from '../run/errors.js';
import type { Arrival, Channel, ChannelObserver, Message, Pending } from './channel.js';
import type { CommunicatorFamily } from './family.js';

/**
 * Some ranks of a world as a world of their own: rank i of it is `members[i]` of the world. Its barrier is made of
 * messages, because a counted one counts the whole world.
 */
export class Subgroup implements Channel {
  readonly kind: Channel['kind'];
  readonly rank: number;
  readonly worldSize: number;
  /** Ranks of the world, by rank of the subgroup. */
  readonly members: readonly number[];
  readonly gone = new Map<number, PeerGone>();
  readonly #family: CommunicatorFamily;
  readonly #world: Channel;
  readonly #rankOf: ReadonlyMap<number, number>;
  readonly #listener: ChannelObserver = {
    gone: (peers, loss) => this.#observer?.gone(this.#remember(peers), loss),
    failed: (error) => this.#observer?.failed(error),
  };
  #observer: ChannelObserver | undefined;

  constructor(family: CommunicatorFamily, members: readonly number[]) {
    this.#family = family;
    this.#world = family.channel;
    this.kind = family.channel.kind;
    this.members = members;
    this.worldSize = members.length;
    this.rank = members.indexOf(family.channel.rank);
    this.#rankOf = new Map(members.map((member, rank) => [member, rank]));
    this.#remember([...family.channel.gone.values()]);
    family.observe(this.#listener);
  }

  get failure(): MusterError | undefined {
    return this.#family.failure;
  }

  observe(observer: ChannelObserver): void {
    this.#observer = observer;
  }

  send(to: number, context: number, tag: number, message: Message, isPatient?: boolean): Pending<void> {
    return this.#world.send(this.#member(to), context, tag, message, isPatient);
  }

  receive(from: number, context: number, tag: number, into?: Uint8Array): Arrival {
    return this.#world.receive(this.#member(from), context, tag, into);
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#world.hasArrived(this.#member(from), context, tag);
  }

  discard(context: number, tag: number): void {
    this.#world.discard(context, tag);
  }

  /** The world stays open. */
  async close(): Promise<void> {
    this.#family.forget(this.#listener);
  }

  #remember(peers: readonly PeerGone[]): PeerGone[] {
    const own = peers.flatMap((peer) => {
      const rank = this.#rankOf.get(peer.rank);
      return rank === undefined ? [] : [{ ...peer, rank, cause: `${peer.cause} (rank ${peer.rank} of the world)` }];
    });
    for (const peer of own) this.gone.set(peer.rank, peer);
    return own;
  }

  #member(rank: number): number {
    const member = this.members[rank];
    if (member === undefined) throw new RangeError(`rank ${rank} of a subgroup of ${this.worldSize}`);
    return member;
  }
}
