import type { PeerGone } from '../rendezvous/control.js';
import type { MusterError } from '../run/errors.js';
import type { Channel, ChannelObserver } from './channel.js';

/** Messages of a communicator's `send` and those of its collectives never meet: each has a context of its own. */
const CONTEXTS_PER_COMMUNICATOR = 2;
/** The largest context stands for the forming of the group (`rendezvous/protocol.ts`). */
const MAX_NUMBER = 2 ** 32 / CONTEXTS_PER_COMMUNICATOR - 2;

/**
 * The communicators that stem from one world and share its channel, as one rank sees them. Each has a number by which
 * its messages are told from those of the others; the world's is 0.
 */
export class CommunicatorFamily {
  readonly channel: Channel;
  readonly #observers = new Set<ChannelObserver>();
  #given = 0;
  #lastLoss: PeerGone | undefined;
  #closed: MusterError | undefined;

  constructor(channel: Channel) {
    this.channel = channel;
    channel.observe({
      gone: (peers: readonly PeerGone[]) => {
        const loss = channel.membership && peers.find(({ how }) => how !== 'left');
        this.#lastLoss = loss ?? this.#lastLoss;
        for (const observer of this.#observers) observer.gone(peers, loss);
      },
      failed: (error: MusterError) => {
        for (const observer of this.#observers) observer.failed(error);
      },
    });
  }

  /** The rank that was lost last, where the group goes on after a loss. */
  get lastLoss(): PeerGone | undefined {
    return this.#lastLoss;
  }

  /** Why none of the communicators can go on, once it is so. */
  get failure(): MusterError | undefined {
    return this.#closed ?? this.channel.failure;
  }

  /** The world departs, and with it what stems from it. */
  close(reason: MusterError): Promise<void> {
    this.#closed = reason;
    for (const observer of this.#observers) observer.failed(reason);
    return this.channel.close();
  }

  /** Observers hear of failures in the order in which they came. */
  observe(observer: ChannelObserver): void {
    this.#observers.add(observer);
  }

  forget(observer: ChannelObserver): void {
    this.#observers.delete(observer);
  }

  /**
   * A number for a new communicator that no rank of the world ever gives to another: the ranks count in strides of the
   * world size. `undefined` when there are no more (4 million for a world of 500).
   */
  nextNumber(): number | undefined {
    const number = 1 + this.#given * this.channel.worldSize + this.channel.rank;
    if (number > MAX_NUMBER) return undefined;
    this.#given++;
    return number;
  }
}

/** Contexts of a communicator's point-to-point messages and of its collectives. */
export function contextsOf(number: number): { pointToPoint: number; collective: number } {
  const pointToPoint = number * CONTEXTS_PER_COMMUNICATOR;
  return { pointToPoint, collective: pointToPoint + 1 };
}
