import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { messageOf } from '../../run/errors.js';
import { SpentBuffers } from '../../storage/spentBuffers.js';
import { CorruptPartitionError, PartitionFormatError } from '../errors.js';
import type { DeflatedRegion } from '../storedArray.js';
import { checkCrc32 } from './entryBytes.js';

const COMPRESSED_CHUNK_BYTES = 1024 * 1024;

const spentBuffers = new SpentBuffers();

/**
 * Random access to an entry that is compressed. A DEFLATE stream has only one direction, so reads are served one after
 * the other, those that move forward go on where the last one stopped, and one that moves back starts over.
 */
export class InflateReader {
  readonly #region: DeflatedRegion;
  #stream?: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #position = 0;
  #crc = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(region: DeflatedRegion) {
    this.#region = region;
  }

  /** Fills `into` with the inflated bytes that start at `offset`. */
  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#fill(offset, into, signal));
    this.#queue = turn.catch(() => this.close());
    return turn;
  }

  /** Stops the stream; a later read starts over. */
  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.return?.();
  }

  async #fill(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (into.length === 0) return;
    if (!this.#stream || offset < this.#position) await this.#restart();
    while (this.#position < offset) this.#take(Math.min(offset - this.#position, await this.#available(signal)));
    let filled = 0;
    while (filled < into.length) {
      const part = this.#take(Math.min(into.length - filled, await this.#available(signal)));
      into.set(part, filled);
      filled += part.length;
    }
    if (this.#position === this.#region.length) await this.#finish();
  }

  async #restart(): Promise<void> {
    await this.close();
    const compressed = Readable.from(this.#compressedChunks());
    const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
    compressed.on('error', (error) => inflate.destroy(error));
    inflate.on('close', () => compressed.destroy());
    this.#stream = compressed.pipe(inflate)[Symbol.asyncIterator]();
    this.#rest = Buffer.alloc(0);
    this.#position = 0;
    this.#crc = this.#region.checksum?.seed ?? 0;
  }

  async *#compressedChunks(): AsyncGenerator<Buffer> {
    const { source, offset, compressedLength } = this.#region;
    for (let done = 0; done < compressedLength; done += COMPRESSED_CHUNK_BYTES) {
      const chunk = Buffer.alloc(Math.min(COMPRESSED_CHUNK_BYTES, compressedLength - done));
      await source.read(offset + done, chunk);
      yield chunk;
    }
  }

  async #available(signal?: AbortSignal): Promise<number> {
    while (this.#rest.length === 0) {
      signal?.throwIfAborted();
      const chunk = await this.#next();
      if (!chunk) throw this.#corrupt(`a DEFLATE stream that ends after ${this.#position} bytes`);
      if (this.#position + chunk.length > this.#region.length) throw this.#corrupt('a longer DEFLATE stream');
      this.#rest = chunk;
    }
    return this.#rest.length;
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const result = await this.#stream?.next();
      return result?.done ? undefined : result?.value;
    } catch (cause) {
      if (cause instanceof PartitionFormatError || !isZlibError(cause)) throw cause;
      throw this.#corrupt(messageOf(cause), cause);
    }
  }

  #take(length: number): Buffer {
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.#position += length;
    if (this.#region.checksum) this.#crc = crc32(part, this.#crc);
    spentBuffers.spend(length);
    return part;
  }

  /** Everything was read: nothing may follow, and the checksum must be right. */
  async #finish(): Promise<void> {
    const { source, offset, entry, checksum } = this.#region;
    if (this.#stream && (await this.#next())) throw this.#corrupt('a longer DEFLATE stream');
    checkCrc32(source.name, entry, offset, this.#crc, checksum?.recorded);
    await this.close();
  }

  #corrupt(found: string, cause?: unknown): CorruptPartitionError {
    const { source, offset, length, entry } = this.#region;
    const expected = `a DEFLATE stream of ${length} bytes`;
    return new CorruptPartitionError({ file: source.name, offset, found: `${entry}: ${found}`, expected, cause });
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
