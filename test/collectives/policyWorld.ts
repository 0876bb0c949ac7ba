import { Communicator } from '../../collectives/communicator.js';
import { connectCommunicator } from '../../collectives/connectCommunicator.js';
import type { ObjectExchange } from '../../collectives/storage/objectExchange.js';
import { StorageChannel } from '../../collectives/storage/storageChannel.js';
import type { StorageTiming } from '../../collectives/storage/storageTiming.js';
import type { FailurePolicy } from '../../rendezvous/protocol.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';
import { CuttableProxy } from '../rendezvous/cuttableProxy.js';
import { CuttableExchange, MemoryExchange } from './storage/memoryExchange.js';

const secret = 'a secret for tests only';
const runId = 'run-1';

/** The ranks of one run with a failure policy; each can be made to die without a word. */
export interface PolicyWorld {
  readonly worldSize: number;
  /** What an operation of a rank that is cut off rejects with, at that rank. */
  readonly cutOffCode: string;
  connectAll(): Promise<Communicator[]>;
  connect(rank: number, generation?: number, failurePolicy?: FailurePolicy): Promise<Communicator>;
  /** Cuts a rank off for good. */
  kill(communicator: Communicator | undefined): void;
  stop(): Promise<void>;
}

export function startPolicyWorld(
  worldSize: number,
  failurePolicy: FailurePolicy,
  channel: 'relay' | 'direct' | 'storage',
): Promise<PolicyWorld> {
  if (channel === 'storage') return Promise.resolve(new ObjectPolicyWorld(worldSize, failurePolicy));
  return ServedPolicyWorld.start(worldSize, failurePolicy, channel);
}

/** Over the rendezvous. */
class ServedPolicyWorld implements PolicyWorld {
  readonly worldSize: number;
  readonly cutOffCode = 'RENDEZVOUS_LOST';
  readonly #failurePolicy: FailurePolicy;
  readonly #channel: 'relay' | 'direct';
  readonly #server: RendezvousServer;
  readonly #open: Communicator[] = [];
  readonly #wires = new Map<Communicator, CuttableProxy>();

  private constructor(
    server: RendezvousServer,
    worldSize: number,
    failurePolicy: FailurePolicy,
    channel: 'relay' | 'direct',
  ) {
    this.#server = server;
    this.worldSize = worldSize;
    this.#failurePolicy = failurePolicy;
    this.#channel = channel;
  }

  static async start(
    worldSize: number,
    failurePolicy: FailurePolicy,
    channel: 'relay' | 'direct',
  ): Promise<ServedPolicyWorld> {
    // A rank that is cut off gives up as soon as the server does.
    const limits = { rejoinGraceMs: 30, heartbeatIntervalMs: 60, heartbeatMisses: 60, serverHeartbeatMisses: 60 };
    const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits });
    return new ServedPolicyWorld(server, worldSize, failurePolicy, channel);
  }

  async connectAll(): Promise<Communicator[]> {
    return Promise.all(Array.from({ length: this.worldSize }, (_, rank) => this.connect(rank)));
  }

  async connect(rank: number, generation = 0, failurePolicy = this.#failurePolicy): Promise<Communicator> {
    const wire = await CuttableProxy.start(this.#server.url);
    const member = { runId, rank, worldSize: this.worldSize, generation };
    const token = signToken(secret, { purpose: 'member', ...member, expiresAtMs: Date.now() + 60_000 });
    try {
      const communicator = await connectCommunicator({
        ...member,
        url: wire.url,
        token,
        failurePolicy,
        channel: this.#channel,
        timeoutMs: 10_000,
        operationTimeoutMs: 10_000,
      });
      this.#open.push(communicator);
      this.#wires.set(communicator, wire);
      return communicator;
    } catch (error) {
      await wire.stop();
      throw error;
    }
  }

  kill(communicator: Communicator | undefined): void {
    const wire = communicator && this.#wires.get(communicator);
    wire?.refuse();
    wire?.cut();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.map((communicator) => communicator.close()));
    await Promise.all([...this.#wires.values()].map((wire) => wire.stop()));
    await this.#server.close();
  }
}

/** A silence that a busy machine does not keep by itself, and looks that find it soon. */
const quick: StorageTiming = { poll: { minMs: 1, maxMs: 10 }, heartbeat: { intervalMs: 20, silenceMs: 300 } };

/** Over objects alone. */
export class ObjectPolicyWorld implements PolicyWorld {
  readonly worldSize: number;
  readonly cutOffCode = 'STORAGE_CHANNEL';
  readonly #failurePolicy: FailurePolicy;
  readonly #exchange: ObjectExchange;
  readonly #timing: StorageTiming;
  readonly #open: Communicator[] = [];
  readonly #wires = new Map<Communicator, CuttableExchange>();

  constructor(
    worldSize: number,
    failurePolicy: FailurePolicy,
    exchange: ObjectExchange = new MemoryExchange(),
    timing: StorageTiming = quick,
  ) {
    this.worldSize = worldSize;
    this.#failurePolicy = failurePolicy;
    this.#exchange = exchange;
    this.#timing = timing;
  }

  async connectAll(): Promise<Communicator[]> {
    return Promise.all(Array.from({ length: this.worldSize }, (_, rank) => this.connect(rank)));
  }

  async connect(rank: number, generation = 0, failurePolicy = this.#failurePolicy): Promise<Communicator> {
    const exchange = new CuttableExchange(this.#exchange);
    const { worldSize } = this;
    const timing = this.#timing;
    const member = { runId, rank, worldSize, generation, failurePolicy, timing, timeoutMs: 10_000 };
    const channel = await StorageChannel.connect({ ...member, exchange, presenceExchange: exchange });
    const communicator = new Communicator(channel, { runId, generation, operationTimeoutMs: 10_000 });
    this.#open.push(communicator);
    this.#wires.set(communicator, exchange);
    return communicator;
  }

  kill(communicator: Communicator | undefined): void {
    if (communicator) this.#wires.get(communicator)?.cut();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.map((communicator) => communicator.close()));
  }
}
