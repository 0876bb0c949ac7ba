import { type ByteSource, MemoryByteSource } from '../../storage/byteSource.js';

/** A source that remembers what was read of it. */
export class RecordingSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly reads: { offset: number; length: number }[] = [];
  readonly #bytes: MemoryByteSource;

  constructor(bytes: Uint8Array, name = 'recorded') {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = new MemoryByteSource(name, bytes);
  }

  get bytesRead(): number {
    return this.reads.reduce((sum, { length }) => sum + length, 0);
  }

  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.reads.push({ offset, length: into.length });
    return this.#bytes.read(offset, into, signal);
  }
}

/** A source whose reads stay on the way until the test lets them arrive, or fail. */
export class GatedSource implements ByteSource {
  readonly name = 'gated';
  readonly size: number;
  readonly pending: { offset: number; length: number; arrive(): Promise<void>; fail(error: Error): void }[] = [];
  readonly #bytes: MemoryByteSource;
  #open = true;

  constructor(bytes: Uint8Array) {
    this.size = bytes.length;
    this.#bytes = new MemoryByteSource(this.name, bytes);
  }

  /** From now on reads wait. */
  close(): void {
    this.#open = false;
  }

  get bytesPending(): number {
    return this.pending.reduce((sum, { length }) => sum + length, 0);
  }

  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#open) return this.#bytes.read(offset, into, signal);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.pending.splice(this.pending.indexOf(entry), 1);
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => entry.fail(new DOMException('The read was aborted', 'AbortError'));
      const entry = {
        offset,
        length: into.length,
        arrive: async () => {
          settle();
          await this.#bytes.read(offset, into);
          resolve();
        },
        fail: (error: Error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort);
      this.pending.push(entry);
    });
  }
}

/** A `.npy` of float32 rows that are made when they are read, so that none of a large one need be held. */
export class SyntheticNpy implements ByteSource {
  readonly name = 'synthetic.npy';
  readonly size: number;
  readonly #head: Buffer;
  readonly #rowBytes: number;

  /** @param rowBytes a multiple of 4 */
  constructor(rows: number, rowBytes: number) {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${rowBytes / 4}), }`;
    this.#head = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
      Buffer.from(`${text.padEnd(117)}\n`),
    ]);
    this.#rowBytes = rowBytes;
    this.size = this.#head.length + rows * rowBytes;
  }

  /** What all elements of a row are. */
  static valueAt(row: number): number {
    return row + 0.5;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const inHead = Math.max(Math.min(this.#head.length - offset, into.length), 0);
    into.set(this.#head.subarray(offset, offset + inHead));
    const pattern = Buffer.alloc(4);
    for (let at = inHead; at < into.length; ) {
      const position = offset + at - this.#head.length;
      const row = Math.floor(position / this.#rowBytes);
      const end = Math.min(at + (row + 1) * this.#rowBytes - position, into.length);
      pattern.writeFloatLE(SyntheticNpy.valueAt(row));
      Buffer.from(into.buffer, into.byteOffset + at, end - at).fill(pattern);
      at = end;
    }
  }
}
