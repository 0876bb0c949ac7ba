import { appendFile, type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CorruptJournalError } from '../errors.js';
import { isJsonObject, type JsonObject, parseJson } from '../json.js';

/**
 * A file of one JSON object a line that only ever grows; its folder must be there. What is appended in one turn of the
 * event loop, or while a write goes on, is written together, so that thousands of small appends cost few writes.
 */
export class Journal {
  readonly path: string;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes that are not on disk yet, roughly. */
  get backlogBytes(): number {
    return this.#waitingBytes;
  }

  append(record: object): void {
    const line = `${JSON.stringify(record)}\n`;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#writing ??= this.#write();
  }

  /** Resolves when everything appended so far is in the file. @throws the error that a write met */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    try {
      await nextTurn();
      while (this.#waiting.length > 0) {
        const lines = this.#waiting.join('');
        this.#waiting = [];
        this.#waitingBytes = 0;
        await appendFile(this.path, lines);
      }
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#writing = undefined;
    }
  }
}

/** Cuts off a last line that has no end: the process was killed while it wrote. */
export async function repairJournal(path: string): Promise<void> {
  const file = await openIfThere(path);
  if (!file) return;
  let end: number;
  try {
    end = await lastLineEnd(file);
    if ((await file.stat()).size === end) return;
  } finally {
    await file.close();
  }
  await truncate(path, end);
}

async function lastLineEnd(file: FileHandle): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = (await file.stat()).size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(10);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}

/** Opens a file to read, or gives undefined where there is none. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Every record of a journal, none where there is no file. @throws CorruptJournalError */
export async function readJournal(path: string): Promise<JsonObject[]> {
  await repairJournal(path);
  const file = await openIfThere(path);
  if (!file) return [];
  await file.close();
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line, index) => parseRecord(line, path, index + 1));
}

/** @throws CorruptJournalError */
export function parseRecord(line: string, path: string, lineNumber: number): JsonObject {
  let record: unknown;
  try {
    record = parseJson(line);
  } catch (error) {
    throw new CorruptJournalError(path, lineNumber, error);
  }
  if (!isJsonObject(record)) throw new CorruptJournalError(path, lineNumber, new TypeError('not an object'));
  return record;
}
