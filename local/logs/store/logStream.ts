import { appendFile, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { ResourceNotFoundError } from '../errors.js';
import type { LogEvent } from '../logEvent.js';
import { type Block, BlockIndex } from './blockIndex.js';
import { compareEvents, type EventPosition } from './eventOrder.js';

/** An event as it was stored. */
export interface StoredEvent extends LogEvent {
  readonly ingestionMs: number;
  /** Number of the event in its stream, from 0. */
  readonly sequence: number;
}

/** More than a header can take: a stream's name has at most 512 characters. */
const headerBytes = 8192;

const headerSchema = z.object({ logStreamName: z.string(), creationTimeMs: z.number() });
const lineSchema = z.tuple([z.number(), z.number(), z.string()]);

/**
 * One log stream: a file to which lines are appended and nothing else. The first line is the stream's header, each
 * other one an event, `[timestampMs, ingestionMs, message]`. Its index is built when it is first read.
 */
export class LogStream {
  readonly name: string;
  readonly creationTimeMs: number;
  readonly #path: string;
  #index: Promise<BlockIndex> | undefined;
  #length = 0;
  #lastIngestionMs: number | undefined;
  #written: Promise<void> = Promise.resolve();
  #retired = false;

  private constructor(path: string, name: string, creationTimeMs: number) {
    this.#path = path;
    this.name = name;
    this.creationTimeMs = creationTimeMs;
  }

  /** Makes a new stream with its file. */
  static async create(path: string, name: string): Promise<LogStream> {
    const stream = new LogStream(path, name, Date.now());
    const header = `${JSON.stringify({ logStreamName: name, creationTimeMs: stream.creationTimeMs })}\n`;
    await writeFile(`${path}.new`, header);
    await rename(`${path}.new`, path);
    stream.#length = Buffer.byteLength(header);
    stream.#index = Promise.resolve(new BlockIndex());
    return stream;
  }

  /** Opens a stream that an earlier process may have written; reads no more than its header. */
  static async open(path: string): Promise<LogStream> {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(headerBytes), 0, headerBytes, 0);
      const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
      const { logStreamName, creationTimeMs } = headerSchema.parse(
        JSON.parse(buffer.toString('utf8', 0, Math.max(end, 0))),
      );
      return new LogStream(path, logStreamName, creationTimeMs);
    } catch (error) {
      throw new Error(`${path} is not a log stream: its header cannot be read`, { cause: error });
    } finally {
      await file.close();
    }
  }

  /** Time of the last append, as far as this process knows it or has read it. */
  get lastIngestionMs(): number | undefined {
    return this.#lastIngestionMs;
  }

  /** Appends events behind all others. Resolves when they can be read. */
  append(events: readonly LogEvent[]): Promise<void> {
    const written = this.#written.then(() => this.#write(events));
    this.#written = written.catch(() => undefined);
    return written;
  }

  /** Makes all later appends fail, and waits for those before: the file is about to be removed. */
  retire(): Promise<void> {
    this.#retired = true;
    return this.#written;
  }

  /** Counts, times and size of what can be read. */
  async summary(): Promise<{ firstTimestampMs?: number; lastTimestampMs?: number; bytes: number; count: number }> {
    const { firstTimestampMs, lastTimestampMs, count } = await this.#indexed();
    return { firstTimestampMs, lastTimestampMs, bytes: this.#length, count };
  }

  /** All events of a time range (both ends inclusive) in no particular order, a block at a time. */
  async *scan(startMs: number, endMs: number): AsyncGenerator<StoredEvent[]> {
    for (const block of (await this.#indexed()).within(startMs, endMs)) {
      const events = await this.#read(block);
      yield events.filter(({ timestampMs }) => timestampMs >= startMs && timestampMs <= endMs);
    }
  }

  /** Events from a position on, in the order of their times; events of one time in the order of their arrival. */
  async *forward(from: EventPosition): AsyncGenerator<StoredEvent> {
    const blocks = (await this.#indexed()).within(from.timestampMs, Number.POSITIVE_INFINITY);
    blocks.sort((a, b) => a.minTimestampMs - b.minTimestampMs || a.firstSequence - b.firstSequence);
    let waiting: StoredEvent[] = [];
    for (const [n, block] of blocks.entries()) {
      const events = await this.#read(block);
      waiting = [...waiting, ...events.filter((event) => compareEvents(event, from) >= 0)].sort(compareEvents);
      const next = blocks[n + 1]?.minTimestampMs ?? Number.POSITIVE_INFINITY;
      const later = waiting.findIndex(({ timestampMs }) => timestampMs >= next);
      yield* waiting.splice(0, later < 0 ? waiting.length : later);
    }
  }

  /** Events before a position, the latest first. */
  async *backward(before: EventPosition): AsyncGenerator<StoredEvent> {
    const blocks = (await this.#indexed()).within(Number.NEGATIVE_INFINITY, before.timestampMs);
    blocks.sort((a, b) => b.maxTimestampMs - a.maxTimestampMs || b.firstSequence - a.firstSequence);
    let waiting: StoredEvent[] = [];
    for (const [n, block] of blocks.entries()) {
      const events = await this.#read(block);
      waiting = [...waiting, ...events.filter((event) => compareEvents(event, before) < 0)];
      waiting.sort((a, b) => compareEvents(b, a));
      const next = blocks[n + 1]?.maxTimestampMs ?? Number.NEGATIVE_INFINITY;
      const earlier = waiting.findIndex(({ timestampMs }) => timestampMs <= next);
      yield* waiting.splice(0, earlier < 0 ? waiting.length : earlier);
    }
  }

  async #write(events: readonly LogEvent[]): Promise<void> {
    const index = await this.#indexed();
    if (this.#retired) throw new ResourceNotFoundError('The specified log stream does not exist.');
    const ingestionMs = Date.now();
    const lines = events.map(({ timestampMs, message }) => `${JSON.stringify([timestampMs, ingestionMs, message])}\n`);
    await appendFile(this.#path, lines.join(''));
    for (const [n, line] of lines.entries()) {
      const bytes = Buffer.byteLength(line);
      index.add(this.#length, bytes, events[n]?.timestampMs ?? ingestionMs);
      this.#length += bytes;
    }
    this.#lastIngestionMs = ingestionMs;
  }

  async #read(block: Block): Promise<StoredEvent[]> {
    // A block may grow while it is read; what was noted with it belongs together.
    const { offset, bytes, firstSequence } = block;
    const file = await open(this.#path);
    try {
      const { buffer } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
      return buffer
        .toString('utf8')
        .split('\n')
        .slice(0, -1)
        .map((line, n) => {
          const [timestampMs, ingestionMs, message] = lineSchema.parse(JSON.parse(line));
          return { timestampMs, ingestionMs, message, sequence: firstSequence + n };
        });
    } finally {
      await file.close();
    }
  }

  #indexed(): Promise<BlockIndex> {
    this.#index ??= this.#buildIndex();
    return this.#index;
  }

  /** Reads the file once. A last line that its writer could not finish is cut off. */
  async #buildIndex(): Promise<BlockIndex> {
    const index = new BlockIndex();
    const bytes = await readFile(this.#path);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < bytes.length) await truncate(this.#path, end);
    let start = bytes.indexOf(0x0a) + 1;
    while (start < end) {
      const next = bytes.indexOf(0x0a, start) + 1;
      const [timestampMs, ingestionMs] = lineSchema.parse(JSON.parse(bytes.toString('utf8', start, next)));
      index.add(start, next - start, timestampMs);
      this.#lastIngestionMs = ingestionMs;
      start = next;
    }
    this.#length = end;
    return index;
  }
}
