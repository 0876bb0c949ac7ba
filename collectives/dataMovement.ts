import { allgather } from './algorithms/allgather.js';
import { alltoall } from './algorithms/alltoall.js';
import { disseminationBarrier } from './algorithms/barrier.js';
import { broadcast } from './algorithms/broadcast.js';
import { gather } from './algorithms/gather.js';
import { scatter } from './algorithms/scatter.js';
import { type Data, encode } from './datatypes.js';
import type { Operation } from './operation.js';
import type { OperationOptions } from './operationRunner.js';
import { PointToPoint } from './pointToPoint.js';
import { received } from './receivedData.js';
import { fillPlace, placeOf, type ResultOptions } from './resultPlace.js';

/** The collectives that bring data from ranks to ranks as it is. */
export class DataMovement extends PointToPoint {
  /** Resolves when every rank has called it (`MPI_Ibarrier`). */
  barrier(options: OperationOptions = {}): Promise<void> {
    const { barrier } = this.channel;
    const body = (operation: Operation, tag: number) =>
      barrier
        ? operation.everyone(() => barrier.enter(this.runner.collectiveContext, tag))
        : disseminationBarrier(operation);
    return this.runner.collective({ name: 'barrier', options, body });
  }

  /**
   * What `data` is at the root, at every rank (`MPI_Ibcast`). Elsewhere `data` is not looked at.
   *
   * @example
   * const model = await world.bcast(world.rank === 0 ? weights : undefined, 0);
   * await world.bcast(weights, 0, { into: weights });   // as in MPI: the same memory every time, at the root too
   */
  bcast<T extends Data>(data: T | undefined, root: number, options: ResultOptions<T> = {}): Promise<T> {
    const { into } = options;
    const body = async (operation: Operation) => {
      const isRoot = this.rank === root;
      if (isRoot && data === undefined) throw this.runner.invalid('bcast', ['the root has no data']);
      const own = isRoot && data !== undefined ? encode(data) : undefined;
      if (into === undefined) return received<T>(await broadcast(operation, own, root, this.crossover), own);
      const place = placeOf(into);
      if (!place) throw this.runner.invalid('bcast', ['into is no typed array and no Buffer']);
      fillPlace(place, await broadcast(operation, own, root, this.crossover, place.bytes), root);
      return into;
    };
    return this.runner.collective({ name: 'bcast', root, options, body });
  }

  /** The data of all ranks, by rank, at the root; `undefined` elsewhere (`MPI_Igather`, `MPI_Igatherv`). */
  gather<T extends Data>(data: T, root: number, options: OperationOptions = {}): Promise<T[] | undefined> {
    const body = async (operation: Operation) => {
      const own = encode(data);
      const messages = await gather(operation, own, root, this.crossover);
      return messages?.map((message) => received<T>(message, own));
    };
    return this.runner.collective({ name: 'gather', root, options, body });
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
      return received<T>(await scatter(operation, messages, root, this.crossover), messages?.[this.rank]);
    };
    return this.runner.collective({ name: 'scatter', root, options, body });
  }

  /** The data of all ranks, by rank, at every rank (`MPI_Iallgather`, `MPI_Iallgatherv`). */
  allgather<T extends Data>(data: T, options: OperationOptions = {}): Promise<T[]> {
    const body = async (operation: Operation) => {
      const own = encode(data);
      const messages = await allgather(operation, own, this.crossover);
      return messages.map((message) => received<T>(message, own));
    };
    return this.runner.collective({ name: 'allgather', options, body });
  }

  /** Sends the i-th of `data` to rank i, and returns what each rank has sent to this one (`MPI_Ialltoall`, `MPI_Ialltoallv`). */
  alltoall<T extends Data>(data: readonly T[], options: OperationOptions = {}): Promise<T[]> {
    const body = async (operation: Operation) => {
      const messages = this.#oneForEachRank('alltoall', data).map(encode);
      const arrived = await alltoall(operation, messages, this.crossover);
      return arrived.map((message) => received<T>(message, messages[this.rank]));
    };
    return this.runner.collective({ name: 'alltoall', options, body });
  }

  #oneForEachRank<T>(name: string, data: readonly T[] | undefined): readonly T[] {
    if (data?.length === this.worldSize) return data;
    throw this.runner.invalid(name, [`${data?.length ?? 'no'} data for ${this.worldSize} ranks`]);
  }
}
