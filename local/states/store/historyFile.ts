import type { FileHandle } from 'node:fs/promises';
import { StatesApiError } from '../errors.js';
import type { JsonObject } from '../json.js';
import { openIfThere, parseRecord } from './journal.js';

/** A page of a history, and the token that gives the next one. */
export interface HistoryPage {
  events: JsonObject[];
  nextToken?: string;
}

/** Reads a page of events without holding more than that: one pass finds where the lines stand. */
export async function readHistory(
  path: string,
  { maxResults, nextToken, reverseOrder }: { maxResults: number; nextToken?: string; reverseOrder: boolean },
): Promise<HistoryPage> {
  return withLines(path, async (lines) => {
    const first = nextToken === undefined ? 0 : parseToken(nextToken, lines.count);
    const count = Math.min(maxResults, lines.count - first);
    const start = reverseOrder ? lines.count - first - count : first;
    const events = await lines.read(start, start + count);
    const rest = first + count < lines.count ? { nextToken: String(first + count) } : {};
    return { events: reverseOrder ? events.reverse() : events, ...rest };
  });
}

/** The first and the last event of a history. */
export function readEnds(path: string): Promise<{ first?: JsonObject; last?: JsonObject }> {
  return withLines(path, async (lines) => {
    const [first] = await lines.read(0, Math.min(1, lines.count));
    const [last] = await lines.read(Math.max(0, lines.count - 1), lines.count);
    return { first, last };
  });
}

function parseToken(token: string, lineCount: number): number {
  const first = /^\d{1,9}$/.test(token) ? Number(token) : Number.NaN;
  if (first <= lineCount) return first;
  throw new StatesApiError('InvalidToken', `Invalid Token: '${token}'`);
}

/** The complete lines of a history file. */
interface Lines {
  count: number;
  /** Reads the events of the lines from one number up to another. */
  read(from: number, to: number): Promise<JsonObject[]>;
}

/** Opens a history for as long as `use` needs it; a history that is not there yet has no lines. */
async function withLines<Value>(path: string, use: (lines: Lines) => Promise<Value>): Promise<Value> {
  const file = await openIfThere(path);
  if (!file) return use({ count: 0, read: async () => [] });
  try {
    const ends = await lineEnds(file);
    return await use({ count: ends.length, read: (from, to) => readLines(file, path, ends, from, to) });
  } finally {
    await file.close();
  }
}

/** Byte offset behind each complete line. */
async function lineEnds(file: FileHandle): Promise<number[]> {
  const ends: number[] = [];
  const chunk = Buffer.alloc(Math.min(256 * 1024, (await file.stat()).size || 1));
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
    if (bytesRead === 0) return ends;
    const bytes = chunk.subarray(0, bytesRead);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(offset + at + 1);
    offset += bytesRead;
  }
}

async function readLines(
  file: FileHandle,
  path: string,
  ends: readonly number[],
  from: number,
  to: number,
): Promise<JsonObject[]> {
  if (to <= from) return [];
  const start = from === 0 ? 0 : ends[from - 1]!;
  const bytes = Buffer.alloc(ends[to - 1]! - start);
  await file.read(bytes, 0, bytes.length, start);
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => parseRecord(line, path, from + index + 1));
}
