import { NO_BYTES } from './noBytes.js';

/**
 * The last bytes of a stream that were sent and not yet acknowledged, in a ring of fixed size: what must be sent again
 * another way when the link breaks. Offsets count from the beginning of the stream.
 */
export class SentWindow {
  readonly #ring: Buffer;
  #acknowledged = NO_BYTES;
  #end = NO_BYTES;

  constructor(windowBytes: number) {
    this.#ring = Buffer.allocUnsafeSlow(windowBytes);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Where the next bytes that are kept begin. */
  get end(): number {
    return this.#end;
  }

  /** Whether everything up to `offset` fits beside what is not yet acknowledged. */
  reaches(offset: number): boolean {
    return offset - this.#acknowledged <= this.#ring.length;
  }

  /**
   * The place of the next so many bytes, for a caller that writes them there; they are kept from then on. `undefined`
   * when they are not in one piece.
   */
  place(byteLength: number): Buffer | undefined {
    const start = this.#end % this.#ring.length;
    if (start + byteLength > this.#ring.length) return undefined;
    this.#end += byteLength;
    return this.#ring.subarray(start, start + byteLength);
  }

  /** Copies the next bytes of the stream; those that were acknowledged in the meantime need no copy. */
  keep(bytes: Uint8Array): void {
    const skipped = Math.min(bytes.byteLength, Math.max(0, this.#acknowledged - this.#end));
    const kept = bytes.subarray(skipped);
    const place = (this.#end + skipped) % this.#ring.length;
    const untilWrap = Math.min(kept.byteLength, this.#ring.length - place);
    this.#ring.set(kept.subarray(0, untilWrap), place);
    this.#ring.set(kept.subarray(untilWrap), 0);
    this.#end += bytes.byteLength;
  }

  /** The other end has everything up to `offset`. */
  acknowledge(offset: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, offset);
  }

  /** A copy of what was kept from `offset` on. */
  since(offset: number): Buffer {
    const length = Math.max(0, this.#end - offset);
    const place = offset % this.#ring.length;
    const untilWrap = Math.min(length, this.#ring.length - place);
    return Buffer.concat([this.#ring.subarray(place, place + untilWrap), this.#ring.subarray(0, length - untilWrap)]);
  }
}
