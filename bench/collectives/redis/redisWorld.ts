import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchWorld } from '../../../cli/bench/benchWorld.js';
import { RespClient } from './respClient.js';

/** FMI's default interval between two looks at a key that is not there yet (config/fmi.json, `timeout`). */
const pollMs = 1;

/**
 * Message passing through Redis by the method of FMI (spcl/fmi, `ClientServer`): a message is a key that the sender sets
 * and the receiver polls; a reduction is gathered at its root; an allreduce is a reduction and a broadcast; a barrier is a
 * key a rank, counted by listing. Written anew for this comparison; keys are deleted between operations, not inside.
 */
export class RedisWorld implements BenchWorld {
  readonly rank: number;
  readonly worldSize: number;
  readonly #redis: RespClient;
  readonly #prefix: string;
  #operations = 0;
  #barriers = 0;
  readonly #sequences = new Map<string, number>();
  #written: string[] = [];
  #outdated: string[] = [];

  private constructor(redis: RespClient, { rank, worldSize, prefix }: RedisWorldOptions) {
    this.#redis = redis;
    this.rank = rank;
    this.worldSize = worldSize;
    this.#prefix = prefix;
  }

  static async connect(options: RedisWorldOptions): Promise<RedisWorld> {
    const world = new RedisWorld(await RespClient.connect(options.port), options);
    await world.barrier();
    return world;
  }

  async barrier(): Promise<void> {
    // Everything written before the last barrier has been read by now.
    await this.#redis.delete(this.#outdated);
    this.#outdated = this.#written;
    this.#written = [];
    const prefix = `${this.#prefix}:barrier:${this.#barriers++}:`;
    await this.#upload(`${prefix}${this.rank}`, Buffer.alloc(1));
    while ((await this.#redis.keys(`${prefix}*`)).length < this.worldSize) await sleep(pollMs);
  }

  async send(data: Buffer, to: number): Promise<void> {
    await this.#upload(this.#messageKey(this.rank, to), data);
  }

  recv(from: number): Promise<Buffer> {
    return this.#download(this.#messageKey(from, this.rank));
  }

  async bcast(data: Buffer | undefined, root: number): Promise<Buffer> {
    const key = this.#operationKey();
    if (this.rank !== root || !data) return this.#download(key);
    await this.#upload(key, data);
    return data;
  }

  async gather(data: Buffer, root: number): Promise<Buffer[] | undefined> {
    const key = this.#operationKey();
    if (this.rank !== root) {
      await this.#upload(`${key}:${this.rank}`, data);
      return undefined;
    }
    const parts: Buffer[] = [];
    for (let from = 0; from < this.worldSize; from++) {
      parts.push(from === root ? data : await this.#download(`${key}:${from}`));
    }
    return parts;
  }

  async scatter(data: readonly Buffer[] | undefined, root: number): Promise<Buffer> {
    const key = this.#operationKey();
    if (this.rank !== root || !data) return this.#download(`${key}:${this.rank}`);
    await Promise.all(data.map((part, to) => (to === root ? undefined : this.#upload(`${key}:${to}`, part))));
    return data[root] ?? Buffer.alloc(0);
  }

  async reduce(data: Float32Array, _operator: 'sum', root: number): Promise<Float32Array | undefined> {
    const parts = await this.gather(bufferOf(data), root);
    if (!parts) return undefined;
    const result = data.slice();
    parts.forEach((part, from) => {
      if (from !== root) addPart(result, part);
    });
    return result;
  }

  async allreduce(data: Float32Array, operator: 'sum'): Promise<Float32Array> {
    const result = await this.reduce(data, operator, 0);
    const bytes = await this.bcast(result && bufferOf(result), 0);
    return result ?? floatsOf(bytes);
  }

  async scan(data: Float32Array): Promise<Float32Array> {
    const key = this.#operationKey();
    const result = data.slice();
    if (this.rank > 0) addPart(result, await this.#download(`${key}:${this.rank - 1}`));
    if (this.rank < this.worldSize - 1) await this.#upload(`${key}:${this.rank}`, bufferOf(result));
    return result;
  }

  async close(): Promise<void> {
    await this.barrier();
    await this.#redis.delete([...this.#outdated]);
    this.#redis.close();
  }

  async #upload(key: string, value: Uint8Array): Promise<void> {
    this.#written.push(key);
    await this.#redis.set(key, value);
  }

  async #download(key: string): Promise<Buffer> {
    for (;;) {
      const value = await this.#redis.get(key);
      if (value) return value;
      await sleep(pollMs);
    }
  }

  #operationKey(): string {
    return `${this.#prefix}:op:${this.#operations++}`;
  }

  #messageKey(from: number, to: number): string {
    const pair = `${from}:${to}`;
    const sequence = this.#sequences.get(pair) ?? 0;
    this.#sequences.set(pair, sequence + 1);
    return `${this.#prefix}:message:${pair}:${sequence}`;
  }
}

export interface RedisWorldOptions {
  readonly port: number;
  readonly rank: number;
  readonly worldSize: number;
  /** Begins every key of this world. */
  readonly prefix: string;
}

const bufferOf = (array: Float32Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

const floatsOf = (bytes: Buffer): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);

function addPart(result: Float32Array, part: Buffer): void {
  const floats = floatsOf(part);
  for (let index = 0; index < result.length; index++) result[index] = (result[index] ?? 0) + (floats[index] ?? 0);
}
