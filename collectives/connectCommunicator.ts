import type { Clock } from '../rendezvous/clock.js';
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
   * With `direct`: how long to keep the CPU busy while waiting for a message, in ms; 0 (the default) is never. Only for
   * ranks that have a CPU of their own.
   */
  readonly spinMs?: number;
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
