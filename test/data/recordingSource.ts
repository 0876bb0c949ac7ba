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
