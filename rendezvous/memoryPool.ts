/**
 * Memory that nobody uses at present, by length, for whoever needs as much next. When it is full, lengths that are not
 * asked for any more make room for one that is.
 */
export class MemoryPool<T extends Uint8Array> {
  /** Lengths in the order in which they were last given. */
  readonly #kept = new Map<number, T[]>();
  readonly #maxBytes: number;
  #keptBytes = 0;

  /** @param maxBytes how much is kept; beyond it memory is left to the collector. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory of this length, holding anything; `undefined` when there is none. */
  take(byteLength: number): T | undefined {
    const memory = this.#kept.get(byteLength)?.pop();
    if (memory) this.#keptBytes -= byteLength;
    return memory;
  }

  /** Nobody may use the memory any more. */
  give(memory: T): void {
    const { byteLength } = memory;
    const same = this.#kept.get(byteLength) ?? [];
    this.#kept.delete(byteLength);
    this.#kept.set(byteLength, same);
    this.#makeRoom(byteLength);
    if (this.#keptBytes + byteLength > this.#maxBytes) return;
    same.push(memory);
    this.#keptBytes += byteLength;
  }

  #makeRoom(byteLength: number): void {
    for (const [length, kept] of this.#kept) {
      if (this.#keptBytes + byteLength <= this.#maxBytes || length === byteLength) return;
      this.#keptBytes -= length * kept.length;
      this.#kept.delete(length);
    }
  }
}
