/** Buffers for bytes that are on their way to somewhere else, used again and again instead of left to the collector. */
export class Scratch {
  readonly #free: Uint8Array[] = [];

  /** Lends a buffer of the given length for as long as `use` takes. */
  async lend<T>(length: number, use: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const fitting = this.#free.findIndex((buffer) => buffer.length >= length);
    const [buffer] = fitting < 0 ? [new Uint8Array(length)] : this.#free.splice(fitting, 1);
    try {
      return await use(buffer.subarray(0, length));
    } finally {
      this.#free.push(buffer);
    }
  }
}
