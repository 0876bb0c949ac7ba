import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ResourceAlreadyExistsError, ResourceNotFoundError } from '../errors.js';
import { fileNameFor } from './fileName.js';
import { LogStream } from './logStream.js';

const groupSchema = z.object({
  logGroupName: z.string(),
  creationTimeMs: z.number(),
  retentionInDays: z.number().optional(),
});
type GroupRecord = z.output<typeof groupSchema>;

const recordFile = 'group.json';
const streamExtension = '.jsonl';
/** Files that are opened at the same time. */
const filesAtOnce = 64;

/** One log group: a folder with its record and a file for each stream. */
export class LogGroup {
  readonly #folder: string;
  #record: GroupRecord;
  #streams: Promise<Map<string, LogStream>> | undefined;
  /** Streams that are being made. */
  readonly #creating = new Map<string, Promise<LogStream>>();
  #deleted = false;

  private constructor(folder: string, record: GroupRecord) {
    this.#folder = folder;
    this.#record = record;
  }

  static async create(folder: string, logGroupName: string): Promise<LogGroup> {
    const group = new LogGroup(folder, { logGroupName, creationTimeMs: Date.now() });
    await mkdir(folder, { recursive: true });
    await group.#save();
    group.#streams = Promise.resolve(new Map());
    return group;
  }

  /** @returns undefined for a folder that never became a group, because its maker was killed. */
  static async open(folder: string): Promise<LogGroup | undefined> {
    const text = await readFile(join(folder, recordFile), 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    return new LogGroup(folder, groupSchema.parse(JSON.parse(text)));
  }

  get name(): string {
    return this.#record.logGroupName;
  }

  get creationTimeMs(): number {
    return this.#record.creationTimeMs;
  }

  /** Days after which events may be dropped, or undefined for never. Kept as said; nothing is dropped. */
  get retentionInDays(): number | undefined {
    return this.#record.retentionInDays;
  }

  async setRetention(retentionInDays: number | undefined): Promise<void> {
    this.#record = { ...this.#record, retentionInDays };
    await this.#save();
  }

  /** Streams by name, sorted. */
  async streams(): Promise<LogStream[]> {
    const streams = await this.#loaded();
    return [...streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async stream(name: string): Promise<LogStream | undefined> {
    return (await this.#loaded()).get(name);
  }

  /** @throws ResourceAlreadyExistsError */
  async createStream(name: string): Promise<LogStream> {
    if (await this.stream(name)) throw new ResourceAlreadyExistsError('The specified log stream already exists');
    return this.ensureStream(name);
  }

  /** The stream of this name, made when there is none. */
  async ensureStream(name: string): Promise<LogStream> {
    const streams = await this.#loaded();
    if (this.#deleted) throw new ResourceNotFoundError('The specified log group does not exist.');
    const existing = streams.get(name) ?? this.#creating.get(name);
    if (existing) return existing;
    const creating = LogStream.create(join(this.#folder, `${fileNameFor(name)}${streamExtension}`), name);
    this.#creating.set(name, creating);
    try {
      const stream = await creating;
      streams.set(name, stream);
      return stream;
    } finally {
      this.#creating.delete(name);
    }
  }

  /** Removes the group with its streams. What is appended to them from now on fails. */
  async delete(): Promise<void> {
    this.#deleted = true;
    await Promise.allSettled(this.#creating.values());
    await Promise.all([...(await this.#loaded()).values()].map((stream) => stream.retire()));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #loaded(): Promise<Map<string, LogStream>> {
    this.#streams ??= this.#load();
    return this.#streams;
  }

  async #load(): Promise<Map<string, LogStream>> {
    const files = (await readdir(this.#folder)).filter((file) => file.endsWith(streamExtension));
    const streams = new Map<string, LogStream>();
    for (let start = 0; start < files.length; start += filesAtOnce) {
      const opened = files.slice(start, start + filesAtOnce).map((file) => LogStream.open(join(this.#folder, file)));
      for (const stream of await Promise.all(opened)) streams.set(stream.name, stream);
    }
    return streams;
  }

  async #save(): Promise<void> {
    const path = join(this.#folder, recordFile);
    await writeFile(`${path}.new`, JSON.stringify(this.#record));
    await rename(`${path}.new`, path);
  }
}
