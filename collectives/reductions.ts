import { allreduce } from './algorithms/allreduce.js';
import { evenRanges, type Range } from './algorithms/ranges.js';
import { reduce } from './algorithms/reduce.js';
import { reduceScatter } from './algorithms/reduceScatter.js';
import { exclusiveScan, scan } from './algorithms/scan.js';
import type { Message } from './channel.js';
import { DataMovement } from './dataMovement.js';
import { copyInto, copyOf, decodeLike, encodeArray, isOfType, type NumericArray } from './datatypes.js';
import { MessageMemory } from './messageMemory.js';
import { type OperatorName, operators } from './namedOperators.js';
import type { Operation } from './operation.js';
import type { OperationOptions } from './operationRunner.js';
import type { Operator } from './operators.js';
import { placeFaults, type ResultOptions } from './resultPlace.js';
import { reductionCode } from './treeReducer.js';

export interface ReduceScatterOptions extends OperationOptions {
  /** Elements for each rank; by default as even as can be, the longer shares first. */
  counts?: readonly number[];
}

/** The collectives that put the data of the ranks together. */
export class Reductions extends DataMovement {
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
      const result = await reduce(operation, own, op, root, this.crossover);
      return result && likeInput(result, data);
    };
    return this.runner.collective({ name: 'reduce', root, options, body });
  }

  /**
   * The same, at every rank (`MPI_Iallreduce`): with the same bits everywhere, and those of `reduce`.
   *
   * @example
   * await world.allreduce(gradient, 'sum', { into: total });   // the same memory in every step
   */
  allreduce(data: number, operator: OperatorName | Operator, options?: OperationOptions): Promise<number>;
  allreduce<A extends NumericArray>(data: A, operator: OperatorName | Operator, options?: ResultOptions<A>): Promise<A>;
  allreduce(
    data: number | NumericArray,
    operator: OperatorName | Operator,
    options: ResultOptions<NumericArray> = {},
  ): Promise<number | NumericArray> {
    // Not an async function: what that costs is a twentieth of a short operation.
    const body = (operation: Operation, tag: number): Promise<number | NumericArray> => {
      const [own, op] = this.#operands('allreduce', data, operator);
      const into = this.#placeFor('allreduce', own, options);
      const reduced = this.#allreduced(operation, tag, own, op, into);
      return into ? reduced : reduced.then((result) => likeInput(result, data));
    };
    return this.runner.collective({ name: 'allreduce', options, body });
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
      return sameType(await reduceScatter(operation, own, op, ranges, this.crossover), data);
    };
    return this.runner.collective({ name: 'reduceScatter', options, body });
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
      return likeInput(await scan(operation, own, op, this.crossover), data);
    };
    return this.runner.collective({ name: 'scan', options, body });
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
      const result = await exclusiveScan(operation, own, op, this.crossover);
      return result && likeInput(result, data);
    };
    return this.runner.collective({ name: 'exscan', options, body });
  }

  #allreduced(
    operation: Operation,
    tag: number,
    own: NumericArray,
    operator: Operator,
    into: NumericArray | undefined,
  ): Promise<NumericArray> {
    const { reduction } = this.channel;
    const code = reduction && own.length > 0 ? reductionCode(own, operator) : undefined;
    if (!reduction || code === undefined) return allreduce(operation, own, operator, this.crossover, into);
    const start = () => reduction.reduce(this.runner.collectiveContext, tag, code, encodeArray(own));
    return this.#served(operation.everyone(start), own, into);
  }

  async #served(served: Promise<Message>, own: NumericArray, into: NumericArray | undefined): Promise<NumericArray> {
    const message = await served;
    const result = decodeLike(message, own, this.rank);
    if (!into) return result;
    copyInto(into, result);
    message.release?.();
    return into;
  }

  #placeFor(name: string, own: NumericArray, { into }: ResultOptions<NumericArray>): NumericArray | undefined {
    const faults = into ? placeFaults(into, own) : [];
    if (faults.length > 0) throw this.runner.invalid(name, faults);
    return into;
  }

  #operands(name: string, data: number | NumericArray, operator: OperatorName | Operator): [NumericArray, Operator] {
    const array = typeof data === 'number' ? Float64Array.of(data) : data;
    const op = this.#operator(name, operator);
    const { itemLength = 1 } = op;
    if (!Number.isInteger(itemLength) || itemLength < 1) {
      throw this.runner.invalid(name, [`operator ${op.name} has items of ${itemLength} elements`]);
    }
    if (array.length % itemLength !== 0) {
      const fault = `${array.length} elements are no whole items of ${itemLength}, which operator ${op.name} works on`;
      throw this.runner.invalid(name, [fault]);
    }
    return [array, op];
  }

  #operator(name: string, operator: OperatorName | Operator): Operator {
    if (typeof operator !== 'string') return operator;
    if (Object.hasOwn(operators, operator)) return operators[operator];
    throw this.runner.invalid(name, [`operator ${operator} is none of ${Object.keys(operators).join(', ')}`]);
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
    if (faults.length > 0) throw this.runner.invalid('reduceScatter', faults);
    return ranges;
  }
}

function likeInput(result: NumericArray, data: number | NumericArray): number | NumericArray {
  return typeof data === 'number' ? Number(result[0]) : alone(result);
}

function sameType<A extends NumericArray>(result: NumericArray, like: A): A {
  const own = alone(result);
  if (isOfType(own, like)) return own;
  throw new TypeError(`a reduction of ${like.constructor.name} came out as ${result.constructor.name}`);
}

/** The array in memory that it shares with no other. */
function alone(array: NumericArray): NumericArray {
  return MessageMemory.isShared(array) ? copyOf(array) : array;
}
