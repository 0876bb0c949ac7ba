import type { Clock } from '../rendezvous/clock.js';
import type { PeerGone } from '../rendezvous/control.js';
import type { Channel, Membership } from './channel.js';
import { Deadlines } from './deadlines.js';
import { CommunicatorClosedError, InvalidArgumentError, type OperationIdentity, RankLostError } from './errors.js';
import type { CommunicatorFamily } from './family.js';
import { contextsOf } from './family.js';
import { Operation } from './operation.js';
import { Recovery } from './recovery.js';

const MAX_TAG = 0x7fff_ffff;
/** The longest time that a timer of Node takes. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

export interface OperationOptions {
  /** Deadline of this one operation. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface OperationRunnerOptions {
  readonly channel: Channel;
  readonly family: CommunicatorFamily;
  /** Number of the communicator in its family. */
  readonly number: number;
  readonly runId: string | undefined;
  readonly operationTimeoutMs: number;
  readonly clock: Clock;
}

/** A message to or from one rank, or one of each. */
export interface MessageCall<T> {
  readonly name: string;
  readonly sendTo?: number;
  readonly receiveFrom?: number;
  readonly sendTag?: number;
  readonly receiveTag?: number;
  readonly options: OperationOptions;
  readonly body: (operation: Operation) => Promise<T>;
}

/** An operation of every rank; the rank named by `root` plays a part of its own. */
export interface CollectiveCall<T> {
  readonly name: string;
  readonly root?: number;
  readonly options: OperationOptions;
  readonly body: (operation: Operation, tag: number) => Promise<T>;
}

interface Call<T> {
  readonly name: string;
  readonly context: number;
  readonly tag: number;
  /** Where it is another than that of what is sent. */
  readonly receiveTag?: number | undefined;
  readonly peers?: readonly number[];
  readonly faults: string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly body: (operation: Operation, tag: number) => Promise<T>;
  /** Whether a collective that fails has failed for good. */
  readonly isTriedOnce?: boolean;
}

/** Runs the operations of one communicator: checks their arguments, gives them their tags, ends them when ranks are lost. */
export class OperationRunner {
  readonly #place: OperationRunnerOptions;
  readonly #contexts: { pointToPoint: number; collective: number };
  /** Of the operations under way. */
  readonly #deadlines: Deadlines<Operation>;
  readonly #recovery: Recovery | undefined;
  /** The membership of the group when this communicator was made. */
  readonly #epoch: number | undefined;
  #collectives: number;
  #closed = false;

  constructor(options: OperationRunnerOptions) {
    this.#place = options;
    this.#contexts = contextsOf(options.number);
    const { channel, family, clock } = options;
    this.#deadlines = new Deadlines(clock);
    this.#recovery = channel.membership && new Recovery(channel.membership, clock);
    this.#epoch = family.channel.membership?.current.epoch;
    this.#collectives = channel.membership?.current.completed ?? 0;
  }

  /** What the communicator's channel is to tell. */
  readonly observer = {
    gone: (peers: readonly PeerGone[], loss?: PeerGone) => {
      for (const operation of this.#deadlines.watched) {
        operation.gone(peers);
        if (loss) operation.interrupt(loss);
      }
    },
    failed: (error: Error) => {
      this.#recovery?.end(error);
      for (const operation of this.#deadlines.watched) operation.fail(error);
    },
  };

  /** Collectives that are complete at every rank, as far as that is known here. */
  get completed(): number {
    return this.#recovery?.completed ?? 0;
  }

  get collectiveContext(): number {
    return this.#contexts.collective;
  }

  message<T>(call: MessageCall<T>): Promise<T> {
    const { name, sendTo, receiveFrom, sendTag = 0, receiveTag = 0, options, body } = call;
    const faults = new Set<string>();
    const peers: number[] = [];
    if (sendTo !== undefined) {
      peers.push(sendTo);
      this.#checkEnd(sendTo, sendTag, faults);
    }
    if (receiveFrom !== undefined) {
      peers.push(receiveFrom);
      this.#checkEnd(receiveFrom, receiveTag, faults);
    }
    const tag = sendTo === undefined ? receiveTag : sendTag;
    const { timeoutMs = this.#place.operationTimeoutMs, signal } = options;
    const context = this.#contexts.pointToPoint;
    return this.#run({ name, context, tag, receiveTag, peers, faults: [...faults], timeoutMs, signal, body });
  }

  collective<T>({ name, root = 0, options, body }: CollectiveCall<T>): Promise<T> {
    const context = this.#contexts.collective;
    // Counted even when the call is refused, so that the next one still meets its like at the other ranks.
    const tag = this.#collectives++ % 2 ** 32;
    const { timeoutMs = this.#place.operationTimeoutMs, signal } = options;
    const faults = this.#rankFaults('root', root);
    const recovery = faults.length === 0 ? this.#recovery : undefined;
    const call = { name, context, tag, faults, timeoutMs, signal, body, isTriedOnce: recovery === undefined };
    return recovery ? this.#recovered(recovery, call, options) : this.#run(call);
  }

  async #recovered<T>(recovery: Recovery, call: Call<T>, options: OperationOptions): Promise<T> {
    const { name, tag, body } = call;
    const attempt = (tried: (operation: Operation) => Promise<T>, leftMs: number) =>
      this.#run({ ...call, timeoutMs: leftMs, body: tried });
    const untagged = (operation: Operation) => body(operation, tag);
    try {
      return await recovery.run({ ...this.#recoverable(name, options), tag, body: untagged, attempt });
    } catch (error) {
      this.#discard(call, error);
      throw error;
    }
  }

  /** What has come and will come for a collective that failed is of no use. */
  #discard({ context, tag }: Call<unknown>, error: unknown): void {
    // Where the group forms anew, that clears away everything, and the same context and tag are used again.
    const isCleared = error instanceof RankLostError && this.#place.family.channel.membership !== undefined;
    if (!isCleared) this.#place.channel.discard(context, tag);
  }

  invalid(name: string, faults: readonly string[]): InvalidArgumentError {
    return new InvalidArgumentError(this.identity(name), faults);
  }

  identity(operation: string): OperationIdentity {
    const { channel, runId } = this.#place;
    return runId === undefined ? { operation, rank: channel.rank } : { operation, rank: channel.rank, runId };
  }

  /**
   * Waits until the group has formed anew without the ranks that were lost.
   *
   * @throws InvalidArgumentError where the group does not do so.
   */
  async shrunk(name: string, options: OperationOptions): Promise<Membership> {
    const { membership } = this.#place.channel;
    if (membership?.policy !== 'shrink' || this.#epoch === undefined || !this.#recovery) {
      throw this.invalid(name, ['the group does not have the failure policy shrink, or this is only a part of it']);
    }
    if (this.#closed) throw new CommunicatorClosedError(this.identity(name));
    if (this.#place.family.failure) throw this.#place.family.failure;
    const call = this.#recoverable(name, options);
    await this.#recovery.nextEpoch(this.#epoch, call, this.#place.clock.nowMs() + call.timeoutMs);
    return membership;
  }

  #recoverable(name: string, { signal, timeoutMs = this.#place.operationTimeoutMs }: OperationOptions) {
    const lost = () => {
      const peers = [...this.#place.channel.gone.values()].filter(({ how }) => how !== 'left');
      return { ranks: peers.map(({ rank }) => rank), forGood: peers.some(({ how }) => how === 'released') };
    };
    return { identity: this.identity(name), timeoutMs, lost, ...(signal ? { signal } : {}) };
  }

  /** Operations under way reject, and so do all that are called later. */
  close(): CommunicatorClosedError {
    this.#closed = true;
    const reason = new CommunicatorClosedError(this.identity('close'));
    this.#recovery?.end(reason);
    for (const operation of this.#deadlines.watched) operation.fail(reason);
    return reason;
  }

  async #run<T>(call: Call<T>): Promise<T> {
    let operation: Operation | undefined;
    let ignore: (() => void) | undefined;
    try {
      operation = this.#begin(call);
      ignore = call.signal && heed(call.signal, operation);
      this.#deadlines.watch(operation);
      if (operation.failure) throw operation.failure;
      return await call.body(operation, call.tag);
    } catch (error) {
      if (call.isTriedOnce) this.#discard(call, error);
      throw error;
    } finally {
      if (operation) this.#finish(operation);
      ignore?.();
    }
  }

  #finish(operation: Operation): void {
    operation.finish();
    this.#deadlines.forget(operation);
  }

  /** @throws when it cannot even begin. */
  #begin({ name, context, tag, receiveTag = tag, peers, faults, timeoutMs }: Call<unknown>): Operation {
    const { channel, family } = this.#place;
    const { membership } = family.channel;
    const identity = this.identity(name);
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      faults.push(`timeoutMs ${timeoutMs} is not above 0 and up to ${MAX_TIMEOUT_MS}`);
    }
    if (faults.length > 0) throw new InvalidArgumentError(identity, faults);
    if (this.#closed) throw new CommunicatorClosedError(identity);
    if (family.failure) throw family.failure;
    for (const gone of channel.gone.size > 0 ? channel.gone.values() : []) {
      const isNeeded = membership !== undefined || (peers?.includes(gone.rank) ?? true);
      if (gone.how !== 'left' && isNeeded) throw new RankLostError(identity, gone);
    }
    // Only the world of the policy `wait` outlives an epoch.
    const outlives = channel.membership?.policy === 'wait' || membership?.current.epoch === this.#epoch;
    if (!outlives && family.lastLoss) throw new RankLostError(identity, family.lastLoss);
    return new Operation({ identity, channel, context, tag, receiveTag, peers, timeoutMs });
  }

  #checkEnd(rank: number, tag: number, faults: Set<string>): void {
    for (const fault of this.#rankFaults('rank', rank)) faults.add(fault);
    if (!Number.isInteger(tag) || tag < 0 || tag > MAX_TAG) faults.add(`tag ${tag} is not one of 0 to ${MAX_TAG}`);
  }

  #rankFaults(role: string, rank: number): string[] {
    const { worldSize } = this.#place.channel;
    if (Number.isInteger(rank) && rank >= 0 && rank < worldSize) return [];
    return [`${role} ${rank} is not one of 0 to ${worldSize - 1}`];
  }
}

/** Ends the operation when the signal says so, or has said so before. @returns what makes it deaf again. */
function heed(signal: AbortSignal, operation: Operation): () => void {
  const abort = () => operation.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return () => signal.removeEventListener('abort', abort);
}
