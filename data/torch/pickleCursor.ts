import { PickleRefusedError, TruncatedPartitionError } from '../errors.js';

const MAX_LINE_BYTES = 512;
const MAX_STRING_BYTES = 64 * 1024;

/** Reads the operands of a pickle, one after the other, and knows the byte of the file at which it is. */
export class PickleCursor {
  readonly file: string;
  readonly #bytes: Buffer;
  /** Byte of the file at which the buffer starts. */
  readonly #base: number;
  #at: number;

  constructor(file: string, bytes: Buffer, base: number, at = 0) {
    this.file = file;
    this.#bytes = bytes;
    this.#base = base;
    this.#at = at;
  }

  /** In bytes from the start of the buffer. */
  get position(): number {
    return this.#at;
  }

  /** In bytes from the start of the file. */
  get offset(): number {
    return this.#base + this.#at;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#advance(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** A little-endian two's complement integer; a number where that is exact. */
  integer(length: number): number | bigint {
    const start = this.#advance(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.#bytes[start + index]);
    const signed = BigInt.asIntN(length * 8, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  text(length: number): string {
    if (length > MAX_STRING_BYTES) {
      throw new PickleRefusedError({
        file: this.file,
        offset: this.offset,
        found: `a string of ${length} bytes`,
        expected: `at most ${MAX_STRING_BYTES}`,
      });
    }
    const start = this.#advance(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** Text up to the next line feed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#ended();
    if (end - this.#at > MAX_LINE_BYTES) {
      throw new PickleRefusedError({
        file: this.file,
        offset: this.offset,
        found: `a name of ${end - this.#at} bytes`,
        expected: `at most ${MAX_LINE_BYTES}`,
      });
    }
    const start = this.#advance(end - this.#at + 1);
    return this.#bytes.toString('utf8', start, end);
  }

  #advance(length: number): number {
    if (this.#at + length > this.#bytes.length) throw this.#ended();
    const start = this.#at;
    this.#at += length;
    return start;
  }

  #ended(): TruncatedPartitionError {
    return new TruncatedPartitionError({
      file: this.file,
      offset: this.#base + this.#bytes.length,
      found: 'the end of the pickle in the middle of it',
      expected: 'a pickle that ends with STOP',
    });
  }
}
