/** A map that forgets its oldest entry when it is full: compiled expressions are kept in one. */
export class BoundedCache<Value> {
  readonly #limit: number;
  readonly #entries = new Map<string, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of a key, made by `make` when it is not there; nothing is kept when `make` throws. */
  get(key: string, make: (key: string) => Value): Value {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    if (this.#entries.size >= this.#limit) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, value);
    return value;
  }
}
