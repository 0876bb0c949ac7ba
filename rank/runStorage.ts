import { outputKey, parseS3Uri, s3Uri } from '../run/keys.js';
import type { Plan } from '../run/plan.js';
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js';
import { OutsideRunError } from './errors.js';

/**
 * S3 as a script may use it: it reads what the run reads (its program, its data, its own results) and writes under its own
 * output. Objects are named by `s3://bucket/key`.
 */
export class RunStorage {
  readonly #store: ObjectStore;
  readonly #plan: Plan;
  readonly #rank: number;
  readonly #readable: readonly string[];

  constructor(store: ObjectStore, plan: Plan, rank: number) {
    this.#store = store;
    this.#plan = plan;
    this.#rank = rank;
    const { bucket, dataBucket, resultPrefix, payload } = plan;
    this.#readable = [
      s3Uri(bucket, `${resultPrefix}/`),
      s3Uri(dataBucket, `${payload.data_prefix}/`),
      ...(payload.S3_object_name ? [s3Uri(bucket, `${payload.S3_object_name}/`)] : []),
      ...(plan.model ? [s3Uri(bucket, plan.model.key)] : []),
    ];
  }

  /** @throws ObjectNotFoundError, OutsideRunError */
  async read(uri: string, signal?: AbortSignal): Promise<Uint8Array> {
    const { bucket, key } = this.#checkReadable(uri);
    return this.#store.getBytes(bucket, key, signal);
  }

  /** Every object under a prefix that the run may read, in S3's order. */
  list(uri: string): AsyncGenerator<ObjectInfo> {
    const { bucket, key } = this.#checkReadable(uri);
    return this.#store.list(bucket, key);
  }

  /**
   * Writes `<result prefix>/output/<rank>/<name>`.
   *
   * @returns its key
   * @throws OutsideRunError when the name would leave that folder.
   */
  async write(name: string, body: Uint8Array | string, contentType?: string): Promise<string> {
    const parts = name.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new OutsideRunError(`The result name ${JSON.stringify(name)}`, ['plain names, folders separated by "/"']);
    }
    const key = outputKey(this.#plan.resultPrefix, this.#rank, name);
    await this.#store.put(this.#plan.bucket, key, body, { contentType });
    return key;
  }

  #checkReadable(uri: string): { bucket: string; key: string } {
    const address = parseS3Uri(uri);
    if (!address || !this.#readable.some((prefix) => uri.startsWith(prefix))) {
      throw new OutsideRunError(uri, this.#readable);
    }
    return address;
  }
}
