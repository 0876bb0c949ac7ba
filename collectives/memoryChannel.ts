import type { PeerGone } from '../rendezvous/control.js';
import type { MusterError } from '../run/errors.js';
import { type Arrival, type Channel, type ChannelObserver, type Message, type Pending, taken } from './channel.js';
import { Mailbox } from './mailbox.js';

export interface MemoryWorldOptions {
  /** When a message that was sent arrives. By default, in the next microtask. The order within a pair of ranks holds. */
  schedule?: (arrive: () => void) => void;
}

/** A world whose ranks live in one process, for tests and for a world of one. */
export class MemoryWorld {
  readonly channels: readonly Channel[];
  readonly #ranks: MemoryChannel[];

  constructor(worldSize: number, options: MemoryWorldOptions = {}) {
    const ranks: MemoryChannel[] = [];
    for (let rank = 0; rank < worldSize; rank++) {
      ranks.push(new MemoryChannel(rank, ranks, worldSize, options.schedule ?? queueMicrotask));
    }
    this.#ranks = ranks;
    this.channels = ranks;
  }

  /** Makes a rank die: every other rank is told, as the rendezvous would tell it. */
  lose(rank: number, cause: string): void {
    for (const channel of this.#ranks) {
      if (channel.rank !== rank) channel.peerGone({ rank, generation: 0, how: 'lost', cause });
    }
  }

  /** Cuts one rank off from the world. */
  cut(rank: number, error: MusterError): void {
    this.#ranks[rank]?.fail(error);
  }
}

class MemoryChannel implements Channel {
  readonly kind = 'memory';
  readonly rank: number;
  readonly worldSize: number;
  readonly gone = new Map<number, PeerGone>();
  failure: MusterError | undefined;
  readonly #ranks: readonly MemoryChannel[];
  readonly #schedule: (arrive: () => void) => void;
  readonly #mailbox = new Mailbox();
  /** What is on its way to this rank, by sender. */
  readonly #underWay = new Map<number, (() => void)[]>();
  #observer: ChannelObserver | undefined;

  constructor(
    rank: number,
    ranks: readonly MemoryChannel[],
    worldSize: number,
    schedule: (arrive: () => void) => void,
  ) {
    this.rank = rank;
    this.worldSize = worldSize;
    this.#ranks = ranks;
    this.#schedule = schedule;
  }

  observe(observer: ChannelObserver): void {
    this.#observer = observer;
  }

  send(to: number, context: number, tag: number, message: Message): Pending<void> {
    const copy = { datatype: message.datatype, bytes: new Uint8Array(message.bytes) };
    const receiver = this.#ranks[to];
    if (receiver) receiver.#arrive(this.rank, () => receiver.#mailbox.deliver(this.rank, context, tag, copy));
    return taken;
  }

  receive(from: number, context: number, tag: number): Arrival {
    return this.#mailbox.receive(from, context, tag);
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#mailbox.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#mailbox.discard(context, tag);
  }

  async close(): Promise<void> {
    const left: PeerGone = { rank: this.rank, generation: 0, how: 'left', cause: 'it closed its communicator' };
    for (const other of this.#ranks) {
      if (other !== this) other.#arrive(this.rank, () => other.peerGone(left));
    }
  }

  peerGone(peer: PeerGone): void {
    this.gone.set(peer.rank, peer);
    this.#observer?.gone([peer]);
  }

  fail(error: MusterError): void {
    this.failure = error;
    this.#observer?.failed(error);
  }

  /** Whatever moment the schedule picks, what arrives is the oldest that its sender has under way. */
  #arrive(from: number, event: () => void): void {
    const queue = this.#underWay.get(from) ?? [];
    this.#underWay.set(from, queue);
    queue.push(event);
    this.#schedule(() => queue.shift()?.());
  }
}
