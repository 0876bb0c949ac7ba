import { Communicator } from '../../../collectives/communicator.js';
import type { ListedObject, ObjectExchange } from '../../../collectives/storage/objectExchange.js';
import { StorageChannel } from '../../../collectives/storage/storageChannel.js';
import type { StorageTiming } from '../../../collectives/storage/storageTiming.js';

/** Objects in memory, which answer in the next turn of the event loop: the storage channel without the time of S3. */
export class MemoryExchange implements ObjectExchange {
  readonly #objects = new Map<string, Buffer>();
  readonly #turns: () => number;

  /** @param turns of the event loop until the next call takes effect; those under way at once may overtake each other. */
  constructor(turns: () => number = () => 1) {
    this.#turns = turns;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#effect();
    this.#objects.set(name, Buffer.from(bytes));
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    await this.#effect();
    if (this.#objects.has(name)) return false;
    this.#objects.set(name, Buffer.from(bytes));
    return true;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    await this.#effect();
    const object = this.#objects.get(name);
    return object && Buffer.from(object);
  }

  async list(prefix: string): Promise<readonly ListedObject[]> {
    await this.#effect();
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix)).sort();
    return names.map((name) => ({ name, etag: `"${this.#objects.get(name)?.toString('hex')}"` }));
  }

  async delete(names: readonly string[]): Promise<void> {
    await this.#effect();
    for (const name of names) this.#objects.delete(name);
  }

  async #effect(): Promise<void> {
    for (let turns = this.#turns(); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The exchange of one rank, which can be cut off from the others as if its process had died. */
export class CuttableExchange implements ObjectExchange {
  readonly #exchange: ObjectExchange;
  #isCut = false;

  constructor(exchange: ObjectExchange) {
    this.#exchange = exchange;
  }

  cut(): void {
    this.#isCut = true;
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#through(() => this.#exchange.put(name, bytes));
  }

  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.#through(() => this.#exchange.putIfAbsent(name, bytes));
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#through(() => this.#exchange.get(name));
  }

  list(prefix: string): Promise<readonly ListedObject[]> {
    return this.#through(() => this.#exchange.list(prefix));
  }

  delete(names: readonly string[]): Promise<void> {
    return this.#through(() => this.#exchange.delete(names));
  }

  /** What was under way takes effect, but its answer is lost. */
  async #through<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isCut) throw new Error('cut off');
    const answer = await call();
    if (this.#isCut) throw new Error('cut off');
    return answer;
  }
}

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
    const options = { exchange, presenceExchange: exchange, worldSize, generation: 0, timeoutMs: 10_000, timing };
    const ranks = Array.from({ length: worldSize }, (_, rank) =>
      StorageChannel.connect({ ...options, runId: 'run', rank }),
    );
    const world = (await Promise.all(ranks)).map((channel) => new Communicator(channel));
    this.#open.push(...world);
    return world;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((communicator) => communicator.close()));
  }
}
