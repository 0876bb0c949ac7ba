import type { Communicator } from '../../collectives/communicator.js';
import { connectCommunicator } from '../../collectives/connectCommunicator.js';
import type { FailurePolicy } from '../../rendezvous/protocol.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';
import { CuttableProxy } from '../rendezvous/cuttableProxy.js';

const secret = 'a secret for tests only';
const runId = 'run-1';

/** The ranks of one run with a failure policy; each can be made to die without a word. */
export class PolicyWorld {
  readonly worldSize: number;
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
    channel: 'relay' | 'direct' = 'relay',
  ): Promise<PolicyWorld> {
    // A rank that is cut off gives up as soon as the server does.
    const limits = { rejoinGraceMs: 30, heartbeatIntervalMs: 60, heartbeatMisses: 60, serverHeartbeatMisses: 60 };
    const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits });
    return new PolicyWorld(server, worldSize, failurePolicy, channel);
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

  /** Cuts a rank off for good. */
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
