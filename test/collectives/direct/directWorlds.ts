import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { Communicator } from '../../../collectives/communicator.js';
import { DirectChannel, type DirectChannelOptions } from '../../../collectives/direct/directChannel.js';
import { type RendezvousOptions, type RendezvousServer, startRendezvous } from '../../../rendezvous/server.js';
import { signToken } from '../../../rendezvous/token.js';

const secret = 'a secret for tests only';

/** One rank with what its communicator stands on. */
export interface DirectRank {
  readonly channel: DirectChannel;
  readonly communicator: Communicator;
}

/** A server with as many worlds over direct links as the test asks for. */
export class DirectWorlds {
  readonly server: RendezvousServer;
  readonly #plainSockets: boolean;
  readonly #open: DirectRank[] = [];
  /** Connections that this process has opened, those to the server included. */
  readonly #sockets = new Set<Socket>();
  #runs = 0;

  private constructor(server: RendezvousServer, plainSockets: boolean) {
    this.server = server;
    this.#plainSockets = plainSockets;
    diagnosticsChannel('net.client.socket').subscribe(this.#noteSocket);
  }

  /** @param plainSockets whether sockets are left to Node, as without koffi. */
  static async start(options: Partial<RendezvousOptions> = {}, plainSockets = false): Promise<DirectWorlds> {
    const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, ...options });
    return new DirectWorlds(server, plainSockets);
  }

  options(runId: string, rank: number, worldSize: number, generation = 0): DirectChannelOptions {
    const expiresAtMs = Date.now() + 60_000;
    const token = signToken(secret, { purpose: 'member', runId, rank, worldSize, generation, expiresAtMs });
    const identity = { runId, rank, worldSize, generation };
    return { url: this.server.url, token, ...identity, timeoutMs: 10_000, plainSockets: this.#plainSockets };
  }

  nextRunId(): string {
    return `run-${++this.#runs}`;
  }

  async rank(options: DirectChannelOptions): Promise<DirectRank> {
    const channel = await DirectChannel.connect(options);
    const rank = { channel, communicator: new Communicator(channel, options) };
    this.#open.push(rank);
    return rank;
  }

  world(worldSize: number, runId = this.nextRunId()): Promise<DirectRank[]> {
    return Promise.all(Array.from({ length: worldSize }, (_, rank) => this.rank(this.options(runId, rank, worldSize))));
  }

  /** Two ranks with a link between them. */
  async linkedPair(): Promise<[DirectRank, DirectRank]> {
    const [zero, one] = await this.world(2);
    if (!zero || !one) throw new Error('a world of two has two ranks');
    await talkUntil([zero, one], () => isLinked(zero, 1) && isLinked(one, 0));
    return [zero, one];
  }

  /** Cuts every link of this process, as a NAT that forgets its mappings does. Returns how many connections ended. */
  cutLinks(): number {
    const links = [...this.#sockets].filter((socket) => !socket.destroyed && !this.#isToServer(socket));
    for (const socket of links) socket.resetAndDestroy();
    return links.length;
  }

  async stop(): Promise<void> {
    diagnosticsChannel('net.client.socket').unsubscribe(this.#noteSocket);
    await Promise.all(this.#open.map(({ communicator }) => communicator.close()));
    await this.server.close();
  }

  #isToServer({ remotePort }: Socket): boolean {
    return [Number(new URL(this.server.url).port), this.server.observerPort].includes(remotePort ?? 0);
  }

  readonly #noteSocket = (event: unknown): void => {
    if (typeof event !== 'object' || !event || !('socket' in event) || !(event.socket instanceof Socket)) return;
    const { socket } = event;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  };
}

export function isLinked({ channel }: DirectRank, peer: number): boolean {
  return channel.paths.get(peer)?.kind === 'direct';
}

/** Lets every pair of the ranks exchange a message again and again, until something has come about. */
export async function talkUntil(ranks: readonly DirectRank[], done: () => boolean): Promise<void> {
  while (!done()) {
    await Promise.all(
      ranks.map(async ({ communicator }) => {
        const others = ranks.filter((other) => other.communicator !== communicator);
        await Promise.all(others.map((other) => communicator.send(new Uint8Array(1), other.communicator.rank)));
        await Promise.all(others.map((other) => communicator.recv(other.communicator.rank)));
      }),
    );
  }
}
