import { compareKeys } from './keyOrder.js';

/** The values of a bucket by key, with their keys kept in the order that S3 lists them in. */
export class KeyIndex<Value> {
  readonly #values: Map<string, Value>;
  readonly #keys: string[];

  constructor(entries: Iterable<readonly [key: string, value: Value]> = []) {
    this.#values = new Map(entries);
    this.#keys = [...this.#values.keys()].sort(compareKeys);
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#values.has(key)) this.#keys.splice(this.lowerBound(key), 0, key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    this.#keys.splice(this.lowerBound(key), 1);
    return true;
  }

  keyAt(position: number): string {
    return this.#keys[position];
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  /** Position of the first key that does not sort before `key`. */
  lowerBound(key: string): number {
    return this.#firstPosition(0, (candidate) => compareKeys(candidate, key) >= 0);
  }

  /** Position of the first key that sorts behind `key`. */
  after(key: string): number {
    return this.#firstPosition(0, (candidate) => compareKeys(candidate, key) > 0);
  }

  /** Position, from `start` on, of the first key behind all those that begin with `prefix`. */
  afterPrefix(prefix: string, start: number): number {
    return this.#firstPosition(
      start,
      (candidate) => !candidate.startsWith(prefix) && compareKeys(candidate, prefix) > 0,
    );
  }

  #firstPosition(start: number, isBehind: (key: string) => boolean): number {
    let low = start;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBehind(this.#keys[middle])) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
