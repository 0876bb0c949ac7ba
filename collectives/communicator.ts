import { type Clock, systemClock } from '../rendezvous/clock.js';
import { allgather } from './algorithms/allgather.js';
import { allreduce } from './algorithms/allreduce.js';
import { alltoall } from './algorithms/alltoall.js';
import { disseminationBarrier } from './algorithms/barrier.js';
import { broadcast } from './algorithms/broadcast.js';
import { type Crossover, crossover as shippedCrossover } from './algorithms/crossover.js';
import { gather } from './algorithms/gather.js';
import { evenRanges, type Range } from './algorithms/ranges.js';
import { reduce } from './algorithms/reduce.js';
import { reduceScatter } from './algorithms/reduceScatter.js';
import { exclusiveScan, scan } from './algorithms/scan.js';
import { scatter } from './algorithms/scatter.js';
import type { Channel, Message } from './channel.js';
import { type Data, decode, decodeLike, encode, encodeArray, isOfType, type NumericArray } from './datatypes.js';
import { CommunicatorFamily } from './family.js';
import { type OperatorName, operators } from './namedOperators.js';
import type { Operation } from './operation.js';
import { type OperationOptions, OperationRunner } from './operationRunner.js';
import type { Operator } from './operators.js';
import { membersOf } from './split.js';
import { Subgroup } from './subgroup.js';
import { Survivors } from './survivors.js';
import { reductionCode } from './treeReducer.js';

const DEFAULT_TIMEOUT_MS = 60_000;

export type { OperationOptions } from './operationRunner.js';

export interface MessageOptions extends OperationOptions {
  /** Which of several messages between the same two ranks is meant: 0 (the default) to 2^31-1. */
  tag?: number;
}

export interface SendReceiveOptions extends OperationOptions {
  /** 0 to 2^31-1; 0 by default. */
  sendTag?: number;
  receiveTag?: number;
}

export interface ReduceScatterOptions extends OperationOptions {
  /** Elements for each rank; by default as even as can be, the longer shares first. */
  counts?: readonly number[];
}

export interface CommunicatorOptions {
  readonly runId?: string;
  readonly generation?: number;
  /** Deadline of operations that state none; 60 s. */
  readonly operationTimeoutMs?: number;
  readonly clock?: Clock;
  /** Sizes at which the algorithms change, the same at every rank; measured ones by default. */
  readonly crossover?: Crossover;
}

/** The part of a communicator that `split` has made of another. */
interface Membership {
  readonly family: CommunicatorFamily;
  readonly number: number;
}

/**
 * The ranks of one run and what they can do together, in the words of MPI.
 *
 * Every rank calls the same collectives in the same order; several may be under way at once, and none waits for another.
 * No operation writes to its input, and what it returns is memory of its own. Each has a deadline and takes an
 * AbortSignal. All reject with `RankLostError` as soon as a rank they need is known to be lost, with
 * `CollectiveTimeoutError` naming whom they waited for, with `CollectiveAbortedError`, `RankDepartedError`,
 * `CommunicatorClosedError` or `InvalidArgumentError`; and with the channel's own error when this rank is cut off.
 *
 * Data are typed arrays of 8 to 64 bits, Buffers, or small JSON values. Lengths and types may differ between ranks
 * wherever data is only moved, so that `gather` is `MPI_Gatherv` too; where it is reduced they must be the same.
 *
 * Reductions put the data of the ranks together in one fixed order (`ReductionTree`), whatever the root, the channel and
 * the algorithm: the same bits in every run, at every rank, and for `reduce`, `allreduce` and `reduceScatter` alike. An
 * operator that is not associative is applied strictly from left to right. `scan` has an order of its own, which depends
 * on its size, the world size and the operator alone. Integers wrap around as in C.
 */
export class Communicator {
  readonly rank: number;
  readonly worldSize: number;
  /** 0 for the first attempt of this rank; each retry adds one. */
  readonly generation: number;
  readonly runId: string | undefined;
  readonly #channel: Channel;
  readonly #options: CommunicatorOptions;
  readonly #crossover: Crossover;
  readonly #membership: Membership;
  readonly #runner: OperationRunner;
  #closing: Promise<void> | undefined;

  constructor(channel: Channel, options: CommunicatorOptions = {}, membership?: Membership) {
    this.rank = channel.rank;
    this.worldSize = channel.worldSize;
    this.generation = options.generation ?? 0;
    this.runId = options.runId;
    this.#channel = channel;
    this.#options = options;
    this.#crossover = options.crossover ?? shippedCrossover;
    this.#membership = membership ?? { family: new CommunicatorFamily(channel), number: 0 };
    this.#runner = new OperationRunner({
      channel,
      ...this.#membership,
      runId: options.runId,
      operationTimeoutMs: options.operationTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      clock: options.clock ?? systemClock,
    });
    if (membership) channel.observe(this.#runner.observer);
    else this.#membership.family.observe(this.#runner.observer);
  }

  /** Sends to one rank (`MPI_Isend`). Resolves when `data` may be changed again, which says nothing of its arrival. */
  send(data: Data, to: number, options: MessageOptions = {}): Promise<void> {
    const body = (operation: Operation) => operation.send(to, encode(data));
    return this.#runner.message({ name: 'send', sendTo: to, ...sendTag(options.tag), options, body });
  }

  /** The next message with this tag from one rank (`MPI_Irecv`); its type is whatever the sender sent. */
  recv<T extends Data>(from: number, options: MessageOptions = {}): Promise<T> {
    const body = async (operation: Operation) => wordOf<T>(decode(await operation.receive(from)));
    return this.#runner.message({ name: 'recv', receiveFrom: from, ...receiveTag(options.tag), options, body });
  }

  /**
   * Sends to one rank and receives from another, or the same, at once (`MPI_Sendrecv`).
   *
   * @example
   * const left = await world.sendrecv(own, (world.rank + 1) % n, (world.rank + n - 1) % n);
   */
  sendrecv<T extends Data>(data: Data, to: number, from: number, options: SendReceiveOptions = {}): Promise<T> {
    const body = async (operation: Operation) => {
      const [message] = await Promise.all([operation.receive(from), operation.send(to, encode(data))]);
      return wordOf<T>(decode(message));
    };
    const tags = { ...sendTag(options.sendTag), ...receiveTag(options.receiveTag) };
    return this.#runner.message({ name: 'sendrecv', sendTo: to, receiveFrom: from, ...tags, options, body });
  }

  /** Resolves when every rank has called it (`MPI_Ibarrier`). */
  barrier(options: OperationOptions = {}): Promise<void> {
    const { barrier } = this.#channel;
    const body = (operation: Operation, tag: number) =>
      barrier
        ? operation.everyone(() => barrier.enter(this.#runner.collectiveContext, tag))
        : disseminationBarrier(operation);
    return this.#runner.collective({ name: 'barrier', options, body });
  }

  /** What `data` is at the root, at every rank (`MPI_Ibcast`). Elsewhere `data` is not looked at. */
  bcast<T extends Data>(data: T | undefined, root: number, options: OperationOptions = {}): Promise<T> {
    const body = async (operation: Operation) => {
      const isRoot = this.rank === root;
      if (isRoot && data === undefined) throw this.#runner.invalid('bcast', ['the root has no data']);
      const own = isRoot && data !== undefined ? encode(data) : undefined;
      return received<T>(await broadcast(operation, own, root, this.#crossover), own);
    };
    return this.#runner.collective({ name: 'bcast', root, options, body });
  }

  /** The data of all ranks, by rank, at the root; `undefined` elsewhere (`MPI_Igather`, `MPI_Igatherv`). */
  gather<T extends Data>(data: T, root: number, options: OperationOptions = {}): Promise<T[] | undefined> {
    const body = async (operation: Operation) => {
      const own = encode(data);
      const messages = await gather(operation, own, root, this.#crossover);
      return messages?.map((message) => received<T>(message, own));
    };
    return this.#runner.collective({ name: 'gather', root, options, body });
  }

  /**
   * To rank i the i-th of the root's `data` (`MPI_Iscatter`, `MPI_Iscatterv`). Elsewhere `data` is not looked at.
   *
   * @example
   * const share = await world.scatter(world.rank === 0 ? shares : undefined, 0);
   */
  scatter<T extends Data>(data: readonly T[] | undefined, root: number, options: OperationOptions = {}): Promise<T> {
    const body = async (operation: Operation) => {
      const messages = this.rank === root ? this.#oneForEachRank('scatter', data).map(encode) : undefined;
      return received<T>(await scatter(operation, messages, root, this.#crossover), messages?.[this.rank]);
    };
    return this.#runner.collective({ name: 'scatter', root, options, body });
  }

  /** The data of all ranks, by rank, at every rank (`MPI_Iallgather`, `MPI_Iallgatherv`). */
  allgather<T extends Data>(data: T, options: OperationOptions = {}): Promise<T[]> {
    const body = async (operation: Operation) => {
      const own = encode(data);
      const messages = await allgather(operation, own, this.#crossover);
      return messages.map((message) => received<T>(message, own));
    };
    return this.#runner.collective({ name: 'allgather', options, body });
  }

  /** Sends the i-th of `data` to rank i, and returns what each rank has sent to this one (`MPI_Ialltoall`, `MPI_Ialltoallv`). */
  alltoall<T extends Data>(data: readonly T[], options: OperationOptions = {}): Promise<T[]> {
    const body = async (operation: Operation) => {
      const messages = this.#oneForEachRank('alltoall', data).map(encode);
      const arrived = await alltoall(operation, messages, this.#crossover);
      return arrived.map((message) => received<T>(message, messages[this.rank]));
    };
    return this.#runner.collective({ name: 'alltoall', options, body });
  }

  /**
   * Element by element, `data[0] . data[1] . ... ` over all ranks, at the root; `undefined` elsewhere (`MPI_Ireduce`).
   *
   * @example
   * const total = await world.reduce(Float64Array.of(seconds, bytes), 'sum', 0);
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
  reduce(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    root: number,
    options: OperationOptions = {},
  ): Promise<number | NumericArray | undefined> {
    const body = async (operation: Operation) => {
      const [own, op] = this.#operands('reduce', data, operator);
      const result = await reduce(operation, own, op, root, this.#crossover);
      return result && likeInput(result, data);
    };
    return this.#runner.collective({ name: 'reduce', root, options, body });
  }

  /** The same, at every rank (`MPI_Iallreduce`): with the same bits everywhere, and those of `reduce`. */
  allreduce(data: number, operator: OperatorName | Operator, options?: OperationOptions): Promise<number>;
  allreduce<A extends NumericArray>(data: A, operator: OperatorName | Operator, options?: OperationOptions): Promise<A>;
  allreduce(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    options: OperationOptions = {},
  ): Promise<number | NumericArray> {
    const { reduction } = this.#channel;
    const body = async (operation: Operation, tag: number) => {
      const [own, op] = this.#operands('allreduce', data, operator);
      const code = reduction && own.length > 0 ? reductionCode(own, op) : undefined;
      if (!reduction || code === undefined)
        return likeInput(await allreduce(operation, own, op, this.#crossover), data);
      const { collectiveContext } = this.#runner;
      const start = () => reduction.reduce(collectiveContext, tag, code, encodeArray(own));
      return likeInput(decodeLike(await operation.everyone(start), own, this.rank), data);
    };
    return this.#runner.collective({ name: 'allreduce', options, body });
  }

  /**
   * The same, of which each rank gets one share (`MPI_Ireduce_scatter`, `MPI_Ireduce_scatter_block`).
   *
   * @example
   * const share = await world.reduceScatter(gradient, 'sum');                       // even shares
   * const mine = await world.reduceScatter(gradient, 'sum', { counts: [10, 0, 5] });
   */
  reduceScatter<A extends NumericArray>(
    data: A,
    operator: OperatorName | Operator,
    options: ReduceScatterOptions = {},
  ): Promise<A> {
    const body = async (operation: Operation) => {
      const [own, op] = this.#operands('reduceScatter', data, operator);
      const ranges = this.#shares(own.length, op.itemLength ?? 1, options.counts);
      return sameType(await reduceScatter(operation, own, op, ranges, this.#crossover), data);
    };
    return this.#runner.collective({ name: 'reduceScatter', options, body });
  }

  /**
   * `data[0] . ... . data[rank]`, this rank included (`MPI_Iscan`).
   *
   * @example
   * const end = await world.scan(myCount, 'sum');   // my items are those from end - myCount up to end
   */
  scan(data: number, operator: OperatorName | Operator, options?: OperationOptions): Promise<number>;
  scan<A extends NumericArray>(data: A, operator: OperatorName | Operator, options?: OperationOptions): Promise<A>;
  scan(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    options: OperationOptions = {},
  ): Promise<number | NumericArray> {
    const body = async (operation: Operation) => {
      const [own, op] = this.#operands('scan', data, operator);
      return likeInput(await scan(operation, own, op, this.#crossover), data);
    };
    return this.#runner.collective({ name: 'scan', options, body });
  }

  /** `data[0] . ... . data[rank - 1]`, with the bits that `scan` has there; `undefined` at rank 0 (`MPI_Iexscan`). */
  exscan(data: number, operator: OperatorName | Operator, options?: OperationOptions): Promise<number | undefined>;
  exscan<A extends NumericArray>(
    data: A,
    operator: OperatorName | Operator,
    options?: OperationOptions,
  ): Promise<A | undefined>;
  exscan(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    options: OperationOptions = {},
  ): Promise<number | NumericArray | undefined> {
    const body = async (operation: Operation) => {
      const [own, op] = this.#operands('exscan', data, operator);
      const result = await exclusiveScan(operation, own, op, this.#crossover);
      return result && likeInput(result, data);
    };
    return this.#runner.collective({ name: 'exscan', options, body });
  }

  /**
   * A communicator of the ranks that name the same color, in the order of their keys, those of equal keys in the order of
   * their ranks (`MPI_Comm_split`). `undefined` at ranks that name no color. Its messages meet those of no other
   * communicator. It is closed by itself or with the world.
   *
   * @example
   * const row = await world.split(Math.floor(world.rank / columns), world.rank);
   */
  async split(
    color: number | undefined,
    key: number = this.rank,
    options: OperationOptions = {},
  ): Promise<Communicator | undefined> {
    return this.#derive('split', color, key, options);
  }

  /** A communicator of the same ranks whose messages do not meet those of this one (`MPI_Comm_dup`). */
  async dup(options: OperationOptions = {}): Promise<Communicator> {
    const duplicate = await this.#derive('dup', 0, this.rank, options);
    if (!duplicate) throw this.#runner.invalid('dup', ['this rank is in no color']);
    return duplicate;
  }

  /**
   * After a loss in a group with the failure policy `shrink`: the communicator of the survivors, renumbered in the order
   * of their ranks (`MPIX_Comm_shrink` of ULFM). Every survivor calls it; this communicator and whatever stems from it
   * is of no use any more. When yet another rank is lost meanwhile, operations of the new one reject with
   * `RankLostError` in turn, and it is shrunk in turn.
   *
   * @example
   * try {
   *   total = await world.allreduce(part, 'sum');
   * } catch (error) {
   *   if (!(error instanceof RankLostError)) throw error;
   *   world = await world.shrink();
   *   total = await world.allreduce(part, 'sum');
   * }
   */
  async shrink(options: OperationOptions = {}): Promise<Communicator> {
    const { family } = this.#membership;
    const survivors = new Survivors(family, await this.#runner.shrunk('shrink', options));
    return new Communicator(survivors, this.#options, { family, number: 0 });
  }

  /** How often the group has formed anew after a loss (failure policies `wait` and `shrink`). */
  get epoch(): number {
    return this.#channel.membership?.current.epoch ?? 0;
  }

  /**
   * Collectives of the world that are complete at every rank (failure policies `wait` and `shrink`; 0 with `abort`).
   * A retried rank that has just joined with `wait` finds here where to go on: its first collective is the one with
   * this number, counted from 0.
   */
  get completedCollectives(): number {
    return this.#runner.completed;
  }

  /**
   * Departs in good order; operations still under way reject. Others are not disturbed unless they wait for it. What
   * `split` or `dup` has made is closed with the world it stems from, and may be closed before.
   */
  close(): Promise<void> {
    if (!this.#closing) {
      const reason = this.#runner.close();
      const { family, number } = this.#membership;
      this.#closing = number === 0 ? family.close(reason) : this.#channel.close();
    }
    return this.#closing;
  }

  async #derive(
    name: string,
    color: number | undefined,
    key: number,
    options: OperationOptions,
  ): Promise<Communicator | undefined> {
    const { family } = this.#membership;
    // Taken at the call: splits under way at once get numbers in the same order at every rank.
    const number = family.nextNumber();
    const body = async (operation: Operation) => {
      const faults = [color, key]
        .filter((value) => value !== undefined && !Number.isFinite(value))
        .map((value) => `color or key ${value} is not a finite number`);
      if (number === undefined) faults.push('this rank has made all communicators that it can');
      if (faults.length > 0) throw this.#runner.invalid(name, faults);
      return membersOf(operation, { color, key, number: number ?? 0 }, this.#crossover);
    };
    const members = await this.#runner.collective({ name, options, body });
    if (!members) return undefined;
    const worldRanks = members.ranks.map((rank) => this.#worldRank(rank));
    const channel = new Subgroup(family, worldRanks);
    return new Communicator(channel, this.#options, { family, number: members.number });
  }

  #worldRank(rank: number): number {
    return this.#channel instanceof Subgroup ? (this.#channel.members[rank] ?? rank) : rank;
  }

  #operands(name: string, data: number | NumericArray, operator: OperatorName | Operator): [NumericArray, Operator] {
    const array = typeof data === 'number' ? Float64Array.of(data) : data;
    const op = this.#operator(name, operator);
    const { itemLength = 1 } = op;
    if (!Number.isInteger(itemLength) || itemLength < 1) {
      throw this.#runner.invalid(name, [`operator ${op.name} has items of ${itemLength} elements`]);
    }
    if (array.length % itemLength !== 0) {
      const fault = `${array.length} elements are no whole items of ${itemLength}, which operator ${op.name} works on`;
      throw this.#runner.invalid(name, [fault]);
    }
    return [array, op];
  }

  #operator(name: string, operator: OperatorName | Operator): Operator {
    if (typeof operator !== 'string') return operator;
    if (Object.hasOwn(operators, operator)) return operators[operator];
    throw this.#runner.invalid(name, [`operator ${operator} is none of ${Object.keys(operators).join(', ')}`]);
  }

  #oneForEachRank<T>(name: string, data: readonly T[] | undefined): readonly T[] {
    if (data?.length === this.worldSize) return data;
    throw this.#runner.invalid(name, [`${data?.length ?? 'no'} data for ${this.worldSize} ranks`]);
  }

  #shares(length: number, itemLength: number, counts: readonly number[] | undefined): Range[] {
    if (!counts) return evenRanges(length, this.worldSize, itemLength);
    const faults: string[] = [];
    if (counts.length !== this.worldSize) faults.push(`${counts.length} counts for ${this.worldSize} ranks`);
    const odd = counts.find((count) => !Number.isInteger(count) || count < 0 || count % itemLength !== 0);
    if (odd !== undefined) faults.push(`count ${odd} is no number of whole items of ${itemLength}`);
    let end = 0;
    const ranges = counts.map((count) => {
      end += count;
      return { start: end - count, end };
    });
    if (faults.length === 0 && end !== length) faults.push(`the counts make ${end} elements, the data has ${length}`);
    if (faults.length > 0) throw this.#runner.invalid('reduceScatter', faults);
    return ranges;
  }
}

function sendTag(tag: number | undefined): { sendTag?: number } {
  return tag === undefined ? {} : { sendTag: tag };
}

function receiveTag(tag: number | undefined): { receiveTag?: number } {
  return tag === undefined ? {} : { receiveTag: tag };
}

/** The data of a message, in memory of its own: what this rank has brought itself is copied. */
function received<T extends Data>(message: Message, own: Message | undefined): T {
  const { datatype, bytes } = message;
  return wordOf<T>(decode(message === own ? { datatype, bytes: new Uint8Array(bytes) } : message));
}

/** As in MPI, the receiver states the type of what comes: T is the caller's word for what the sender sends. */
function wordOf<T extends Data>(data: Data): T {
  return data as T;
}

function likeInput(result: NumericArray, data: number | NumericArray): number | NumericArray {
  return typeof data === 'number' ? Number(result[0]) : result;
}

function sameType<A extends NumericArray>(result: NumericArray, like: A): A {
  if (isOfType(result, like)) return result;
  throw new TypeError(`a reduction of ${like.constructor.name} came out as ${result.constructor.name}`);
}
