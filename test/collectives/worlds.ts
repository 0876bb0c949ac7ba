import { Communicator, type CommunicatorOptions } from '../../collectives/communicator.js';
import { connectCommunicator } from '../../collectives/connectCommunicator.js';
import { MemoryWorld } from '../../collectives/memoryChannel.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';

const secret = 'a secret for tests only';

/** The communicators of one world, by rank. */
export type World = readonly Communicator[];

/** What every rank does; the results by rank. */
export function everyRank<T>(world: World, body: (communicator: Communicator) => Promise<T>): Promise<T[]> {
  return Promise.all(world.map(body));
}

export function memoryWorld(
  worldSize: number,
  schedule?: (arrive: () => void) => void,
  options: CommunicatorOptions = {},
): World {
  const { channels } = new MemoryWorld(worldSize, schedule ? { schedule } : {});
  return channels.map((channel) => new Communicator(channel, options));
}

/** A world in which messages arrive in an order that the seed picks. */
export function shuffledWorld(worldSize: number, seed: number, options: CommunicatorOptions = {}): World {
  let state = seed;
  const waiting: (() => void)[] = [];
  const arriveLater = (arrive: () => void) => {
    waiting.push(arrive);
    setImmediate(() => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const [next] = waiting.splice(state % waiting.length, 1);
      next?.();
    });
  };
  return memoryWorld(worldSize, arriveLater, options);
}

/** A server with as many worlds as the test asks for. */
export class RelayWorlds {
  readonly #server: RendezvousServer;
  readonly #open: Communicator[] = [];
  #runs = 0;

  private constructor(server: RendezvousServer) {
    this.#server = server;
  }

  static async start(): Promise<RelayWorlds> {
    return new RelayWorlds(await startRendezvous({ host: '127.0.0.1', port: 0, secret }));
  }

  get url(): string {
    return this.#server.url;
  }

  nextRunId(): string {
    return `run-${++this.#runs}`;
  }

  token(runId: string, rank: number, worldSize: number, generation = 0): string {
    return signToken(secret, {
      purpose: 'member',
      runId,
      rank,
      worldSize,
      generation,
      expiresAtMs: Date.now() + 60_000,
    });
  }

  releaseToken(runId: string): string {
    return signToken(secret, { purpose: 'release', runId, expiresAtMs: Date.now() + 60_000 });
  }

  async connect(runId: string, rank: number, worldSize: number, generation = 0): Promise<Communicator> {
    const token = this.token(runId, rank, worldSize, generation);
    const identity = { runId, rank, worldSize, generation };
    const communicator = await connectCommunicator({ ...identity, url: this.url, token, timeoutMs: 10_000 });
    this.#open.push(communicator);
    return communicator;
  }

  async world(worldSize: number, runId = this.nextRunId()): Promise<World> {
    return Promise.all(Array.from({ length: worldSize }, (_, rank) => this.connect(runId, rank, worldSize)));
  }

  stopServer(): Promise<void> {
    return this.#server.close();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.map((communicator) => communicator.close()));
    await this.#server.close();
  }
}
