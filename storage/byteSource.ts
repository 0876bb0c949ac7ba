import { type FileHandle, open } from 'node:fs/promises';
import { ShortReadError } from './errors.js';

/** Random access to the bytes of one immutable file or object. */
export interface ByteSource {
  /** What messages call it: a path or an `s3://` URI. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Fills `into` with the bytes that start at `offset`. Calls may overlap in time.
   *
   * @throws ShortReadError when the source ends before `into` is full.
   */
  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void>;
}

/** A byte source over memory, for tests and for small objects. */
export class MemoryByteSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  async read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (offset + into.length > this.size) throw new ShortReadError(this.name, offset, into.length, this.size);
    into.set(this.#bytes.subarray(offset, offset + into.length));
  }
}

/** A byte source over a local file. Close it when done. */
export class FileByteSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #file: FileHandle;

  private constructor(name: string, size: number, file: FileHandle) {
    this.name = name;
    this.size = size;
    this.#file = file;
  }

  static async open(path: string): Promise<FileByteSource> {
    const file = await open(path, 'r');
    const { size } = await file.stat();
    return new FileByteSource(path, size, file);
  }

  async read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    let filled = 0;
    while (filled < into.length) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#file.read(into, filled, into.length - filled, offset + filled);
      if (bytesRead === 0) throw new ShortReadError(this.name, offset, into.length, this.size);
      filled += bytesRead;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
