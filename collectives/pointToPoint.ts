import type { Crossover } from './algorithms/crossover.js';
import type { Channel } from './channel.js';
import { type Data, encode } from './datatypes.js';
import type { Operation } from './operation.js';
import type { OperationOptions, OperationRunner } from './operationRunner.js';
import { received } from './receivedData.js';

export interface MessageOptions extends OperationOptions {
  /** Which of several messages between the same two ranks is meant: 0 (the default) to 2^31-1. */
  tag?: number;
}

export interface SendReceiveOptions extends OperationOptions {
  /** 0 to 2^31-1; 0 by default. */
  sendTag?: number;
  receiveTag?: number;
}

/** What the operations of a communicator are carried out with. */
export interface OperationMeans {
  readonly channel: Channel;
  readonly runner: OperationRunner;
  readonly crossover: Crossover;
}

/** Messages from one rank to another. */
export class PointToPoint {
  readonly rank: number;
  readonly worldSize: number;
  protected readonly channel: Channel;
  protected readonly runner: OperationRunner;
  protected readonly crossover: Crossover;

  constructor({ channel, runner, crossover }: OperationMeans) {
    this.rank = channel.rank;
    this.worldSize = channel.worldSize;
    this.channel = channel;
    this.runner = runner;
    this.crossover = crossover;
  }

  /** Sends to one rank (`MPI_Isend`). Resolves when `data` may be changed again, which says nothing of its arrival. */
  send(data: Data, to: number, options: MessageOptions = {}): Promise<void> {
    const body = (operation: Operation) => operation.send(to, encode(data));
    return this.runner.message({ name: 'send', sendTo: to, ...sendTag(options.tag), options, body });
  }

  /** The next message with this tag from one rank (`MPI_Irecv`); its type is whatever the sender sent. */
  recv<T extends Data>(from: number, options: MessageOptions = {}): Promise<T> {
    const body = async (operation: Operation) => received<T>(await operation.receive(from));
    return this.runner.message({ name: 'recv', receiveFrom: from, ...receiveTag(options.tag), options, body });
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
      return received<T>(message);
    };
    const tags = { ...sendTag(options.sendTag), ...receiveTag(options.receiveTag) };
    return this.runner.message({ name: 'sendrecv', sendTo: to, receiveFrom: from, ...tags, options, body });
  }
}

function sendTag(tag: number | undefined): { sendTag?: number } {
  return tag === undefined ? {} : { sendTag: tag };
}

function receiveTag(tag: number | undefined): { receiveTag?: number } {
  return tag === undefined ? {} : { receiveTag: tag };
}
