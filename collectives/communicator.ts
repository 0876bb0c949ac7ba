import { type Clock, systemClock } from '../rendezvous/clock.js';
import { allreduce } from './allreduce.js';
import { disseminationBarrier } from './barrier.js';
import { broadcast } from './broadcast.js';
import type { Channel } from './channel.js';
import { type Data, decode, encode, type NumericArray } from './datatypes.js';
import { CommunicatorClosedError, InvalidArgumentError, type OperationIdentity, RankLostError } from './errors.js';
import { gather } from './gather.js';
import { Operation } from './operation.js';
import { type Operator, type OperatorName, operators } from './operators.js';
import { reduce } from './reduce.js';

/** Contexts of the world: messages of `send` and those of collectives never meet. */
const POINT_TO_POINT = 0;
const COLLECTIVE = 1;
const MAX_TAG = 0x7fff_ffff;
/** The longest time that a timer of Node takes. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

const DEFAULT_TIMEOUT_MS = 60_000;

export interface OperationOptions {
  /** Deadline of this one operation. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface MessageOptions extends OperationOptions {
  /** Which of several messages between the same two ranks is meant: 0 (the default) to 2^31-1. */
  tag?: number;
}

export interface CommunicatorOptions {
  readonly runId?: string;
  readonly generation?: number;
  /** Deadline of operations that state none; 60 s. */
  readonly operationTimeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * The ranks of one run and what they can do together, in the words of MPI.
 *
 * Every rank calls the same collectives in the same order; several may be under way at once. No operation writes to
 * its input, and what it returns is memory of its own. Each has a deadline and takes an AbortSignal. All reject with
 * `RankLostError` as soon as a rank they need is known to be lost, with `CollectiveTimeoutError` naming whom they
 * waited for, with `CollectiveAbortedError`, `RankDepartedError`, `CommunicatorClosedError` or
 * `InvalidArgumentError`; and with the channel's own error when this rank is cut off.
 */
export class Communicator {
  readonly rank: number;
  readonly worldSize: number;
  /** 0 for the first attempt of this rank; each retry adds one. */
  readonly generation: number;
  readonly runId: string | undefined;
  readonly #channel: Channel;
  readonly #operationTimeoutMs: number;
  readonly #clock: Clock;
  readonly #active = new Set<Operation>();
  #collectives = 0;
  #closing: Promise<void> | undefined;

  constructor(channel: Channel, options: CommunicatorOptions = {}) {
    this.rank = channel.rank;
    this.worldSize = channel.worldSize;
    this.generation = options.generation ?? 0;
    this.runId = options.runId;
    this.#channel = channel;
    this.#operationTimeoutMs = options.operationTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#clock = options.clock ?? systemClock;
    channel.observe({
      gone: (peers) => {
        for (const operation of this.#active) operation.gone(peers);
      },
      failed: (error) => {
        for (const operation of this.#active) operation.fail(error);
      },
    });
  }

  /** Sends to one rank. Resolves when `data` may be changed again, which says nothing of its arrival. */
  send(data: Data, to: number, options: MessageOptions = {}): Promise<void> {
    return this.#message('send', to, options, (operation) => operation.send(to, encode(data)));
  }

  /** The next message with this tag from one rank; its type is whatever the sender sent. */
  recv<T extends Data>(from: number, options: MessageOptions = {}): Promise<T> {
    return this.#message('recv', from, options, async (operation) => wordOf<T>(decode(await operation.receive(from))));
  }

  /** Resolves when every rank has called it. */
  barrier(options: OperationOptions = {}): Promise<void> {
    const { barrier } = this.#channel;
    return this.#collective('barrier', 0, options, (operation, tag) =>
      barrier ? operation.everyone(() => barrier.enter(COLLECTIVE, tag)) : disseminationBarrier(operation),
    );
  }

  /** What `data` is at the root, at every rank. Elsewhere `data` is not looked at. */
  bcast<T extends Data>(data: T | undefined, root: number, options: OperationOptions = {}): Promise<T> {
    return this.#collective('bcast', root, options, async (operation) => {
      const isRoot = this.rank === root;
      if (isRoot && data === undefined) throw this.#invalid('bcast', ['the root has no data']);
      const own = isRoot && data !== undefined ? encode(data) : undefined;
      const { datatype, bytes } = await broadcast(operation, own, root);
      return wordOf<T>(decode({ datatype, bytes: own ? new Uint8Array(bytes) : bytes }));
    });
  }

  /** The data of all ranks, by rank, at the root; `undefined` elsewhere. Lengths and types may differ. */
  gather<T extends Data>(data: T, root: number, options: OperationOptions = {}): Promise<T[] | undefined> {
    return this.#collective('gather', root, options, async (operation) => {
      const messages = await gather(operation, encode(data), root);
      return messages?.map(({ datatype, bytes }, from) =>
        wordOf<T>(decode({ datatype, bytes: from === root ? new Uint8Array(bytes) : bytes })),
      );
    });
  }

  /**
   * Element by element, `data[0] . data[1] . ... ` over all ranks, at the root; `undefined` elsewhere. The order is
   * that of the ranks and does not depend on the root: the same bits in every run.
   */
  reduce(
    data: number,
    operator: OperatorName | Operator,
    root: number,
    options?: OperationOptions,
  ): Promise<number | undefined>;
  reduce<A extends NumericArray>(
    data: A,
    operator: OperatorName | Operator,
    root: number,
    options?: OperationOptions,
  ): Promise<A | undefined>;
  async reduce(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    root: number,
    options: OperationOptions = {},
  ): Promise<number | NumericArray | undefined> {
    const array = typeof data === 'number' ? Float64Array.of(data) : data;
    const result = await this.#collective('reduce', root, options, (operation) =>
      reduce<NumericArray>(operation, array, this.#operator('reduce', operator), root),
    );
    return typeof data === 'number' && result ? Number(result[0]) : result;
  }

  /** The same, at every rank: with the same bits everywhere, and those of `reduce`. */
  allreduce(data: number, operator: OperatorName | Operator, options?: OperationOptions): Promise<number>;
  allreduce<A extends NumericArray>(data: A, operator: OperatorName | Operator, options?: OperationOptions): Promise<A>;
  async allreduce(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    options: OperationOptions = {},
  ): Promise<number | NumericArray> {
    const array = typeof data === 'number' ? Float64Array.of(data) : data;
    const result = await this.#collective('allreduce', 0, options, (operation) =>
      allreduce<NumericArray>(operation, array, this.#operator('allreduce', operator)),
    );
    return typeof data === 'number' ? Number(result[0]) : result;
  }

  /** Departs in good order; operations still under way reject. Others are not disturbed unless they wait for it. */
  close(): Promise<void> {
    for (const operation of this.#active) operation.fail(new CommunicatorClosedError(this.#identity('close')));
    this.#closing ??= this.#channel.close();
    return this.#closing;
  }

  #message<T>(
    name: string,
    peer: number,
    options: MessageOptions,
    body: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    const { tag = 0 } = options;
    const faults = this.#rankFaults('rank', peer);
    if (!Number.isInteger(tag) || tag < 0 || tag > MAX_TAG) faults.push(`tag ${tag} is not one of 0 to ${MAX_TAG}`);
    return this.#run({ name, context: POINT_TO_POINT, tag, peer, faults, options, body });
  }

  async #collective<T>(
    name: string,
    root: number,
    options: OperationOptions,
    body: (operation: Operation, tag: number) => Promise<T>,
  ): Promise<T> {
    // Counted even when the call is refused, so that the next one still meets its like at the other ranks.
    const tag = this.#collectives++ % 2 ** 32;
    const faults = this.#rankFaults('root', root);
    try {
      return await this.#run({ name, context: COLLECTIVE, tag, faults, options, body: (op) => body(op, tag) });
    } catch (error) {
      this.#channel.discard(COLLECTIVE, tag);
      throw error;
    }
  }

  async #run<T>(call: Call<T>): Promise<T> {
    const { name, context, tag, peer, options, body } = call;
    const { timeoutMs = this.#operationTimeoutMs, signal } = options;
    const identity = this.#identity(name);
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      call.faults.push(`timeoutMs ${timeoutMs} is not above 0 and up to ${MAX_TIMEOUT_MS}`);
    }
    if (call.faults.length > 0) throw new InvalidArgumentError(identity, call.faults);
    if (this.#closing) throw new CommunicatorClosedError(identity);
    if (this.#channel.failure) throw this.#channel.failure;
    for (const gone of this.#channel.gone.values()) {
      if (gone.how !== 'left' && (peer ?? gone.rank) === gone.rank) throw new RankLostError(identity, gone);
    }
    const operation = new Operation({
      identity,
      channel: this.#channel,
      context,
      tag,
      ...(peer === undefined ? {} : { peer }),
    });
    this.#active.add(operation);
    try {
      return await operation.run(body, { timeoutMs, clock: this.#clock, ...(signal ? { signal } : {}) });
    } finally {
      this.#active.delete(operation);
    }
  }

  #operator(name: string, operator: OperatorName | Operator): Operator {
    if (typeof operator !== 'string') return operator;
    if (Object.hasOwn(operators, operator)) return operators[operator];
    throw this.#invalid(name, [`operator ${operator} is none of ${Object.keys(operators).join(', ')}`]);
  }

  #rankFaults(role: string, rank: number): string[] {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.worldSize) return [];
    return [`${role} ${rank} is not one of 0 to ${this.worldSize - 1}`];
  }

  #invalid(name: string, faults: readonly string[]): InvalidArgumentError {
    return new InvalidArgumentError(this.#identity(name), faults);
  }

  #identity(operation: string): OperationIdentity {
    const { rank, runId } = this;
    return runId === undefined ? { operation, rank } : { operation, rank, runId };
  }
}

interface Call<T> {
  readonly name: string;
  readonly context: number;
  readonly tag: number;
  readonly peer?: number;
  readonly faults: string[];
  readonly options: OperationOptions;
  readonly body: (operation: Operation) => Promise<T>;
}

/** As in MPI, the receiver states the type of what comes: T is the caller's word for what the sender sends. */
function wordOf<T extends Data>(data: Data): T {
  return data as T;
}
