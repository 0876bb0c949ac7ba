import { type Clock, systemClock } from '../rendezvous/clock.js';
import { type Crossover, crossover as shippedCrossover } from './algorithms/crossover.js';
import type { Channel } from './channel.js';
import { CommunicatorFamily } from './family.js';
import type { Operation } from './operation.js';
import { type OperationOptions, OperationRunner } from './operationRunner.js';
import { Reductions } from './reductions.js';
import { membersOf } from './split.js';
import { Subgroup } from './subgroup.js';
import { Survivors } from './survivors.js';

const DEFAULT_TIMEOUT_MS = 60_000;

export type { OperationOptions } from './operationRunner.js';

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
export class Communicator extends Reductions {
  /** 0 for the first attempt of this rank; each retry adds one. */
  readonly generation: number;
  readonly runId: string | undefined;
  readonly #options: CommunicatorOptions;
  readonly #membership: Membership;
  #closing: Promise<void> | undefined;

  constructor(
    channel: Channel,
    options: CommunicatorOptions = {},
    membership: Membership = { family: new CommunicatorFamily(channel), number: 0 },
  ) {
    const runner = new OperationRunner({
      channel,
      ...membership,
      runId: options.runId,
      operationTimeoutMs: options.operationTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      clock: options.clock ?? systemClock,
    });
    super({ channel, runner, crossover: options.crossover ?? shippedCrossover });
    this.generation = options.generation ?? 0;
    this.runId = options.runId;
    this.#options = options;
    this.#membership = membership;
    // The family listens to the channel of the world itself; those of its parts are listened to here.
    if (channel === membership.family.channel) membership.family.observe(runner.observer);
    else channel.observe(runner.observer);
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
    if (!duplicate) throw this.runner.invalid('dup', ['this rank is in no color']);
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
    const survivors = new Survivors(family, await this.runner.shrunk('shrink', options));
    return new Communicator(survivors, this.#options, { family, number: 0 });
  }

  /** How often the group has formed anew after a loss (failure policies `wait` and `shrink`). */
  get epoch(): number {
    return this.channel.membership?.current.epoch ?? 0;
  }

  /**
   * Collectives of the world that are complete at every rank (failure policies `wait` and `shrink`; 0 with `abort`).
   * A retried rank that has just joined with `wait` finds here where to go on: its first collective is the one with
   * this number, counted from 0.
   */
  get completedCollectives(): number {
    return this.runner.completed;
  }

  /**
   * Departs in good order; operations still under way reject. Others are not disturbed unless they wait for it. What
   * `split` or `dup` has made is closed with the world it stems from, and may be closed before.
   */
  close(): Promise<void> {
    if (!this.#closing) {
      const reason = this.runner.close();
      const { family, number } = this.#membership;
      this.#closing = number === 0 ? family.close(reason) : this.channel.close();
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
      if (faults.length > 0) throw this.runner.invalid(name, faults);
      return membersOf(operation, { color, key, number: number ?? 0 }, this.crossover);
    };
    const members = await this.runner.collective({ name, options, body });
    if (!members) return undefined;
    const worldRanks = members.ranks.map((rank) => this.#worldRank(rank));
    const channel = new Subgroup(family, worldRanks);
    return new Communicator(channel, this.#options, { family, number: members.number });
  }

  #worldRank(rank: number): number {
    return this.channel instanceof Subgroup ? (this.channel.members[rank] ?? rank) : rank;
  }
}
