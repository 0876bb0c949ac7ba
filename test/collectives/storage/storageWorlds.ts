import { Communicator } from '../../../collectives/communicator.js';
import { type ConnectStorageOptions, StorageChannel } from '../../../collectives/storage/storageChannel.js';
import type { StorageTiming } from '../../../collectives/storage/storageTiming.js';
import { ObjectFolder } from '../../../storage/objectFolder.js';
import type { ObjectStore } from '../../../storage/objectStore.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';

/** Quick enough for tests, slow enough for a busy machine. */
export const testTiming: StorageTiming = {
  poll: { minMs: 2, maxMs: 50 },
  heartbeat: { intervalMs: 100, silenceMs: 1500 },
};

export const closeAll = (world: readonly Communicator[]): Promise<unknown> =>
  Promise.all(world.map((communicator) => communicator.close()));

/** Worlds whose ranks talk through the embedded S3. */
export class StorageWorlds {
  readonly #s3: EmbeddedS3;
  #runs = 0;

  private constructor(s3: EmbeddedS3) {
    this.#s3 = s3;
  }

  static async start(): Promise<StorageWorlds> {
    return new StorageWorlds(await startEmbeddedS3());
  }

  nextRunId(): string {
    return `run-${++this.#runs}`;
  }

  store(): ObjectStore {
    return this.#s3.store();
  }

  folder(runId: string, store = this.store()): ObjectFolder {
    return new ObjectFolder(store, this.#s3.bucket, `${runId}/channel/`);
  }

  channel(
    runId: string,
    rank: number,
    worldSize: number,
    options: Partial<ConnectStorageOptions> = {},
  ): Promise<StorageChannel> {
    const exchange = options.exchange ?? this.folder(runId);
    return StorageChannel.connect({
      exchange,
      presenceExchange: exchange,
      runId,
      rank,
      worldSize,
      generation: 0,
      timeoutMs: 10_000,
      timing: testTiming,
      ...options,
    });
  }

  async world(worldSize: number, runId = this.nextRunId()): Promise<readonly Communicator[]> {
    const ranks = Array.from({ length: worldSize }, (_, rank) => this.channel(runId, rank, worldSize));
    return (await Promise.all(ranks)).map((channel) => new Communicator(channel));
  }

  stop(): Promise<void> {
    return this.#s3.close();
  }
}
