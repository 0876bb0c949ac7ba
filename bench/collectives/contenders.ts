import { type BenchChannel, benchChannels } from '../../cli/bench/benchChannels.js';
import type { BenchRow } from '../../cli/bench/benchRow.js';
import { BenchMeetingPlace } from '../../cli/bench/meetingPlace.js';
import { type OperationName, operations } from '../../cli/bench/operations.js';
import { type MeasurementBudget, RankGroup } from '../../cli/bench/rankGroup.js';
import type { ContenderMeeting } from './contenderRank.js';
import { OpenMpi } from './openMpi.js';
import type { RankPrograms } from './rankPrograms.js';
import { type RedisServer, startRedis } from './redis/redisServer.js';
import { startTcpRelay, type TcpRelayServer } from './tcpRelay/tcpRelayServer.js';

/** `direct-plain`: direct links whose sockets are left to Node, as where koffi is not installed. */
const others = ['direct-plain', 'openmpi', 'redis', 'tcp-relay'] as const;
export type ContenderName = BenchChannel | (typeof others)[number];
export const contenderNames: readonly ContenderName[] = [...benchChannels, ...others];

/** Something whose operations are timed, with its ranks running. */
export interface Contender {
  readonly name: ContenderName;
  /** Undefined when it does not have the operation. */
  measure(operation: OperationName, bytes: number, budget: MeasurementBudget): Promise<BenchRow | undefined>;
  close(): Promise<void>;
}

const mpiTimeoutMs = 120_000;

/** Starts worlds of every kind; servers that are needed are started once. */
export class Contenders {
  readonly #folder: string;
  readonly #programs: RankPrograms;
  readonly #signal: AbortSignal;
  readonly #meetingPlace: BenchMeetingPlace;
  readonly #closing: (() => Promise<void>)[] = [];
  #redis: Promise<RedisServer> | undefined;
  #tcpRelay: Promise<TcpRelayServer> | undefined;
  #mpi: Promise<OpenMpi> | undefined;
  #worlds = 0;

  constructor(folder: string, programs: RankPrograms, signal: AbortSignal) {
    this.#folder = folder;
    this.#programs = programs;
    this.#signal = signal;
    this.#meetingPlace = new BenchMeetingPlace(programs.muster, signal);
    this.#closing.push(() => this.#meetingPlace.close());
  }

  async start(name: ContenderName, ranks: number): Promise<Contender> {
    if (name === 'openmpi') return this.#startMpi(ranks);
    if (name === 'redis') return grouped(name, await this.#startRedis(ranks));
    if (name === 'tcp-relay') return grouped(name, await this.#startTcpRelay());
    if (name === 'direct-plain') {
      return grouped(name, await this.#meetingPlace.start('direct', ranks, { plainSockets: true }));
    }
    return grouped(name, await this.#meetingPlace.start(name, ranks));
  }

  /** What the others are, for the record: `OpenMPI 4.1.4`, `Redis 7.0.15`. */
  async versions(): Promise<string[]> {
    const versions: string[] = [];
    if (this.#mpi) versions.push(`OpenMPI ${(await this.#mpi).version}`);
    if (this.#redis) versions.push(`Redis ${(await this.#redis).version}`);
    return versions;
  }

  async close(): Promise<void> {
    for (const step of this.#closing.splice(0).reverse()) await step();
  }

  async #startMpi(ranks: number): Promise<Contender> {
    this.#mpi ??= OpenMpi.build(this.#folder, this.#signal);
    const mpi = await this.#mpi;
    return {
      name: 'openmpi',
      // Its ranks spin while they wait, so they live only as long as they are timed.
      measure: async (operation, bytes, budget) =>
        (await mpi.measure(ranks, [{ operation, bytes }], budget, mpiTimeoutMs))[0],
      close: async () => {},
    };
  }

  async #startRedis(ranks: number): Promise<RankGroup> {
    this.#redis ??= startRedis(this.#folder, this.#signal).then((server) => {
      this.#closing.push(() => server.close());
      return server;
    });
    const { port } = await this.#redis;
    const prefix = `world-${++this.#worlds}`;
    return this.#group(
      'redis',
      Array.from({ length: ranks }, (_, rank) => ({ method: 'redis', port, rank, worldSize: ranks, prefix })),
    );
  }

  async #startTcpRelay(): Promise<RankGroup> {
    this.#tcpRelay ??= startTcpRelay().then((server) => {
      this.#closing.push(() => server.close());
      return server;
    });
    const { port } = await this.#tcpRelay;
    return this.#group(
      'tcp-relay',
      [0, 1].map((rank) => ({ method: 'tcp-relay', port, rank })),
    );
  }

  #group(channel: string, meetings: readonly ContenderMeeting[]): Promise<RankGroup> {
    const programs = meetings.map((meeting) => ({
      entry: this.#programs.contender,
      argument: JSON.stringify(meeting),
    }));
    return RankGroup.start({ channel, worldSize: meetings.length, programs, signal: this.#signal });
  }
}

function grouped(name: ContenderName, group: RankGroup): Contender {
  return {
    name,
    measure: (operation, bytes, budget) => {
      if (name === 'tcp-relay' && operations[operation].kind !== 'pair') return Promise.resolve(undefined);
      return group.measure(operation, bytes, budget);
    },
    close: () => group.close(),
  };
}
