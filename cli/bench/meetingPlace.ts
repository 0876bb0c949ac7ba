import { randomBytes } from 'node:crypto';
import { treeReducer } from '../../collectives/treeReducer.js';
import { startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';
import type { BenchChannel } from './benchChannels.js';
import { type BenchObjects, startBenchObjects } from './benchObjects.js';
import { RankGroup } from './rankGroup.js';
import type { BenchMeeting, DirectOptions } from './rankProcess.js';

const tokenLifetimeMs = 3_600_000;

/** Where the ranks of benchmarks meet: in this process, so that no rank serves the others. */
export class BenchMeetingPlace {
  readonly #entry: string;
  readonly #signal: AbortSignal;
  readonly #closing: (() => Promise<void>)[] = [];
  #rendezvous: Promise<{ url: string; secret: string }> | undefined;
  #objects: Promise<BenchObjects> | undefined;
  #runs = 0;

  /** @param entry the built program of a rank, `rankProcess`. */
  constructor(entry: string, signal: AbortSignal) {
    this.#entry = entry;
    this.#signal = signal;
  }

  /**
   * Starts the ranks of one world; they are ready when it resolves.
   *
   * @param direct how the links of `direct` are used; other channels have none.
   */
  async start(channel: BenchChannel, worldSize: number, direct: DirectOptions = {}): Promise<RankGroup> {
    const meetings = await this.#meetings(channel, worldSize, direct);
    const programs = meetings.map((meeting) => ({ entry: this.#entry, argument: JSON.stringify(meeting) }));
    return RankGroup.start({ channel, worldSize, programs, signal: this.#signal });
  }

  async close(): Promise<void> {
    for (const step of this.#closing.splice(0).reverse()) await step();
  }

  async #meetings(channel: BenchChannel, worldSize: number, direct: DirectOptions): Promise<BenchMeeting[]> {
    if (channel === 'memory') return [{ channel, worldSize }];
    const runId = `bench-${++this.#runs}`;
    if (channel === 'storage') {
      this.#objects ??= this.#startObjects();
      const objects = await this.#objects;
      return Array.from({ length: worldSize }, (_, rank) => ({ channel, ...objects, runId, rank, worldSize }));
    }
    this.#rendezvous ??= this.#startRendezvous();
    const { url, secret } = await this.#rendezvous;
    const expiresAtMs = Date.now() + tokenLifetimeMs;
    return Array.from({ length: worldSize }, (_, rank) => {
      const identity = { runId, rank, worldSize };
      const token = signToken(secret, { purpose: 'member', ...identity, generation: 0, expiresAtMs });
      return { channel, ...identity, url, token, ...direct };
    });
  }

  async #startObjects(): Promise<BenchObjects> {
    const objects = await startBenchObjects();
    this.#closing.push(() => objects.close());
    const { endpoint, region, credentials, bucket } = objects;
    return { endpoint, region, credentials, bucket };
  }

  async #startRendezvous(): Promise<{ url: string; secret: string }> {
    const secret = randomBytes(32).toString('base64url');
    const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, reducer: treeReducer });
    this.#closing.push(() => server.close());
    return { url: server.url, secret };
  }
}
