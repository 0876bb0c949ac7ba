import type { Clock } from '../rendezvous/clock.js';
import type { Channel } from './channel.js';
import { CommunicatorClosedError, InvalidArgumentError, type OperationIdentity, RankLostError } from './errors.js';
import type { CommunicatorFamily } from './family.js';
import { contextsOf } from './family.js';
import { Operation } from './operation.js';

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
  readonly receiveTag?: number;
  readonly peers?: readonly number[];
  readonly faults: string[];
  readonly options: OperationOptions;
  readonly body: (operation: Operation) => Promise<T>;
}

/** Runs the operations of one communicator: checks their arguments, gives them their tags, ends them when ranks are lost. */
export class OperationRunner {
  readonly #place: OperationRunnerOptions;
  readonly #contexts: { pointToPoint: number; collective: number };
  readonly #active = new Set<Operation>();
  #collectives = 0;
  #closed = false;

  constructor(options: OperationRunnerOptions) {
    this.#place = options;
    this.#contexts = contextsOf(options.number);
  }

  /** What the communicator's channel is to tell. */
  readonly observer = {
    gone: (peers: Parameters<Operation['gone']>[0]) => {
      for (const operation of this.#active) operation.gone(peers);
    },
    failed: (error: Error) => {
      for (const operation of this.#active) operation.fail(error);
    },
  };

  get collectiveContext(): number {
    return this.#contexts.collective;
  }

  message<T>(call: MessageCall<T>): Promise<T> {
    const { name, options, body } = call;
    const peers = [call.sendTo, call.receiveFrom].filter((rank) => rank !== undefined);
    const sent = call.sendTo === undefined ? undefined : (call.sendTag ?? 0);
    const received = call.receiveFrom === undefined ? undefined : (call.receiveTag ?? 0);
    const faults = [...new Set(peers.flatMap((peer) => this.#rankFaults('rank', peer)))];
    for (const tag of new Set([sent, received])) {
      if (tag === undefined || (Number.isInteger(tag) && tag >= 0 && tag <= MAX_TAG)) continue;
      faults.push(`tag ${tag} is not one of 0 to ${MAX_TAG}`);
    }
    const tags = { tag: sent ?? received ?? 0, ...(received === undefined ? {} : { receiveTag: received }) };
    return this.#run({ name, context: this.#contexts.pointToPoint, ...tags, peers, faults, options, body });
  }

  async collective<T>(call: CollectiveCall<T>): Promise<T> {
    const { name, root = 0, options, body } = call;
    const context = this.#contexts.collective;
    // Counted even when the call is refused, so that the next one still meets its like at the other ranks.
    const tag = this.#collectives++ % 2 ** 32;
    const faults = this.#rankFaults('root', root);
    try {
      return await this.#run({ name, context, tag, faults, options, body: (operation) => body(operation, tag) });
    } catch (error) {
      this.#place.channel.discard(context, tag);
      throw error;
    }
  }

  invalid(name: string, faults: readonly string[]): InvalidArgumentError {
    return new InvalidArgumentError(this.identity(name), faults);
  }

  identity(operation: string): OperationIdentity {
    const { channel, runId } = this.#place;
    return runId === undefined ? { operation, rank: channel.rank } : { operation, rank: channel.rank, runId };
  }

  /** Operations under way reject, and so do all that are called later. */
  close(): CommunicatorClosedError {
    this.#closed = true;
    const reason = new CommunicatorClosedError(this.identity('close'));
    for (const operation of this.#active) operation.fail(reason);
    return reason;
  }

  async #run<T>(call: Call<T>): Promise<T> {
    const { channel, family, clock } = this.#place;
    const { name, context, tag, receiveTag, peers, options, body } = call;
    const { timeoutMs = this.#place.operationTimeoutMs, signal } = options;
    const identity = this.identity(name);
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      call.faults.push(`timeoutMs ${timeoutMs} is not above 0 and up to ${MAX_TIMEOUT_MS}`);
    }
    if (call.faults.length > 0) throw new InvalidArgumentError(identity, call.faults);
    if (this.#closed) throw new CommunicatorClosedError(identity);
    if (family.failure) throw family.failure;
    for (const gone of channel.gone.values()) {
      if (gone.how !== 'left' && (peers?.includes(gone.rank) ?? true)) throw new RankLostError(identity, gone);
    }
    const operation = new Operation({
      identity,
      channel,
      context,
      tag,
      ...(receiveTag === undefined ? {} : { receiveTag }),
      ...(peers === undefined ? {} : { peers }),
    });
    this.#active.add(operation);
    try {
      return await operation.run(body, { timeoutMs, clock, ...(signal ? { signal } : {}) });
    } finally {
      this.#active.delete(operation);
    }
  }

  #rankFaults(role: string, rank: number): string[] {
    const { worldSize } = this.#place.channel;
    if (Number.isInteger(rank) && rank >= 0 && rank < worldSize) return [];
    return [`${role} ${rank} is not one of 0 to ${worldSize - 1}`];
  }
}
