import { Communicator } from '../../../collectives/communicator.js';
import type { ListedObject, ObjectExchange } from '../../../collectives/storage/objectExchange.js';
import { StorageChannel, type StorageTiming } from '../../../collectives/storage/storageChannel.js';

/** Objects in memory, which answer in the next turn of the event loop: the storage channel without the time of S3. */
class MemoryExchange implements ObjectExchange {
  readonly #objects = new Map<string, Buffer>();

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await answer();
    this.#objects.set(name, Buffer.from(bytes));
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    await answer();
    if (this.#objects.has(name)) return false;
    this.#objects.set(name, Buffer.from(bytes));
    return true;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    await answer();
    const object = this.#objects.get(name);
    return object && Buffer.from(object);
  }

  async list(prefix: string): Promise<readonly ListedObject[]> {
    await answer();
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix)).sort();
    return names.map((name) => ({ name, etag: `"${this.#objects.get(name)?.toString('hex')}"` }));
  }

  async delete(names: readonly string[]): Promise<void> {
    await answer();
    for (const name of names) this.#objects.delete(name);
  }
}

const answer = () => new Promise((resolve) => setImmediate(resolve));

/** Quick looks, and heartbeats that leave the machine to the messages. */
const timing: StorageTiming = {
  poll: { minMs: 1, maxMs: 20 },
  heartbeat: { intervalMs: 1000, silenceMs: 30_000 },
};

/** Worlds over the storage channel whose objects are in memory. */
export class ObjectWorlds {
  readonly #open: Communicator[] = [];

  async world(worldSize: number): Promise<readonly Communicator[]> {
    const exchange = new MemoryExchange();
    const ranks = Array.from({ length: worldSize }, (_, rank) =>
      StorageChannel.connect({ exchange, runId: 'run', rank, worldSize, generation: 0, timeoutMs: 10_000, timing }),
    );
    const world = (await Promise.all(ranks)).map((channel) => new Communicator(channel));
    this.#open.push(...world);
    return world;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((communicator) => communicator.close()));
  }
}
