import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { BenchWorld } from '../../../cli/bench/benchWorld.js';
import { FrameCutter, header, headerBytes } from './frames.js';

/** A pair of ranks over the bare TCP relay: messages and nothing else. */
export class TcpRelayWorld implements BenchWorld {
  readonly rank: number;
  readonly worldSize = 2;
  readonly #socket: Socket;
  readonly #arrived: Buffer[] = [];
  readonly #waiting: ((message: Buffer) => void)[] = [];

  private constructor(rank: number, socket: Socket) {
    this.rank = rank;
    this.#socket = socket;
    // A window of messages may wait for it to drain.
    socket.setMaxListeners(0);
    const cutter = new FrameCutter();
    socket.on('data', (chunk) => {
      for (const { frame } of cutter.cut(chunk)) {
        const message = frame.subarray(headerBytes);
        const receiver = this.#waiting.shift();
        if (receiver) receiver(message);
        else this.#arrived.push(message);
      }
    });
  }

  static async connect(port: number, rank: number): Promise<TcpRelayWorld> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    const world = new TcpRelayWorld(rank, socket);
    socket.write(header(rank, 0));
    // The relay answers with an empty frame when it knows this rank.
    await world.recv();
    return world;
  }

  async barrier(): Promise<void> {
    await this.send(Buffer.alloc(0), 1 - this.rank);
    await this.recv();
  }

  async send(data: Buffer, to: number): Promise<void> {
    this.#socket.cork();
    this.#socket.write(header(to, data.length));
    const drained = this.#socket.write(data);
    this.#socket.uncork();
    if (!drained) await once(this.#socket, 'drain');
  }

  async recv(): Promise<Buffer> {
    return this.#arrived.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.#socket.end();
    await once(this.#socket, 'close');
  }
}
