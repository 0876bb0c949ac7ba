import type { Clock } from '../rendezvous/clock.js';
import type { FailurePolicy } from '../rendezvous/protocol.js';
import { Communicator } from './communicator.js';
import { DirectChannel } from './direct/directChannel.js';
import { MemoryWorld } from './memoryChannel.js';
import { RelayChannel } from './relayChannel.js';

export interface ConnectCommunicatorOptions {
  /** Where the rendezvous listens, `ws://host:port` or `wss://host:port`. */
  readonly url: string;
  /** Signed for this run, rank, world size and generation (`signToken`). */
  readonly token: string;
  readonly runId: string;
  readonly rank: number;
  readonly worldSize: number;
  /** 0 for the first attempt of this rank; each retry adds one. */
  readonly generation: number;
  /** Time for every rank to arrive. */
  readonly timeoutMs: number;
  /**
   * What happens when the group loses a rank; the same at every rank, or joining is refused. In all cases a loss is
   * known within 5 s and named, and messages of `send` that were under way are not delivered.
   *
   * - `abort` (the default): every operation that needs the rank rejects with `RankLostError`, now and later.
   * - `wait`: collectives of the world are held until the rank has joined again with a higher generation; then the one
   *   that was interrupted is run again by all, and the others go on, as if nothing had happened. The retried rank
   *   begins with collective number `completedCollectives`. The deadline of each operation still counts.
   * - `shrink`: the collective that was interrupted rejects with `RankLostError` at all survivors (or at none), and
   *   `shrink()` gives a smaller communicator to go on with.
   *
   * With `wait` and `shrink` a collective is complete at every rank or at none, which costs one counted barrier each.
   * `send`, `recv` and what `split` and `dup` have made reject with `RankLostError` at a loss in either case.
   */
  readonly failurePolicy?: FailurePolicy;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Deadline of operations that state none; 60 s. */
  readonly operationTimeoutMs?: number;
  /**
   * `relay` (the default) sends everything through the rendezvous; `direct` makes TCP links from rank to rank and uses
   * the relay where there is none.
   */
  readonly channel?: 'relay' | 'direct';
  /**
   * With `direct`: how long a rank that waits looks for messages before it goes to sleep, in ms; 0 is never. By default 1
   * where it can give the CPU to others in between (on Linux, with the optional package koffi), elsewhere 0: it would
   * keep others from working.
   */
  readonly pollMs?: number | undefined;
  /** With `direct`: leaves the sockets to Node even where they could be read and written by system calls. */
  readonly plainSockets?: boolean | undefined;
  readonly clock?: Clock;
}

/**
 * The communicator of a run, once every rank has joined. Close it when done. A world of one needs no network.
 *
 * @example
 * const world = await connectCommunicator({ url, token, runId, rank, worldSize, generation: 0, timeoutMs: 60_000 });
 * const total = await world.allreduce(cpuSeconds, 'sum');
 * await world.close();
 *
 * @throws GroupTimeoutError naming the ranks that did not come, GroupBrokenError when the group was complete once and
 * cannot be joined any more, GroupReleasedError, FencedError, AdmissionRefusedError, RendezvousUnreachableError,
 * ConnectAbortedError.
 */
export async function connectCommunicator(options: ConnectCommunicatorOptions): Promise<Communicator> {
  if (options.worldSize === 1) {
    const [alone] = new MemoryWorld(1).channels;
    if (alone) return new Communicator(alone, options);
  }
  const { channel = 'relay' } = options;
  const connected = channel === 'direct' ? DirectChannel.connect(options) : RelayChannel.connect(options);
  return new Communicator(await connected, options);
}
