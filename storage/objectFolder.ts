import { ObjectNotFoundError, PreconditionFailedError } from './errors.js';
import type { ObjectStore } from './objectStore.js';

/** The objects under one prefix of one bucket, by their names below it. */
export class ObjectFolder {
  readonly #store: ObjectStore;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #tags: Readonly<Record<string, string>> | undefined;

  /**
   * @param prefix ends in a slash.
   * @param tags of every object that is written.
   */
  constructor(store: ObjectStore, bucket: string, prefix: string, tags?: Readonly<Record<string, string>>) {
    this.#store = store;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#tags = tags;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#store.put(this.#bucket, this.#prefix + name, bytes, { tags: this.#tags });
  }

  /** Writes the object if nobody has before; whether it did. */
  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#store.put(this.#bucket, this.#prefix + name, bytes, {
        condition: { absent: true },
        tags: this.#tags,
      });
      return true;
    } catch (error) {
      if (error instanceof PreconditionFailedError) return false;
      throw error;
    }
  }

  /** Undefined when there is no such object. */
  async get(name: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#store.getBytes(this.#bucket, this.#prefix + name);
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  /** Every object whose name begins so, in S3's order. */
  async list(prefix: string): Promise<{ name: string; etag: string }[]> {
    const objects: { name: string; etag: string }[] = [];
    for await (const { key, etag } of this.#store.list(this.#bucket, this.#prefix + prefix)) {
      objects.push({ name: key.slice(this.#prefix.length), etag });
    }
    return objects;
  }

  /** Objects that are not there are no fault. @throws DeletionError */
  delete(names: readonly string[]): Promise<void> {
    return this.#store.delete(
      this.#bucket,
      names.map((name) => this.#prefix + name),
    );
  }
}
