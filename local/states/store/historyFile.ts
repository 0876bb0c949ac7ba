import { open } from 'node:fs/promises';
import { StatesApiError } from '../errors.js';
import type { JsonObject } from '../json.js';
import { openIfThere, parseRecord } from './journal.js';

/** A page of a history, and the token that gives the next one. */
export interface HistoryPage {
  events: JsonObject[];
  nextToken?: string;
}

/** Reads pages of events from a history file without holding more than a page: one pass finds where the lines stand. */
export async function readHistory(
  path: string,
  { maxResults, nextToken, reverseOrder }: { maxResults: number; nextToken?: string; reverseOrder: boolean },
): Promise<HistoryPage> {
  const ends = await lineEnds(path);
  const first = nextToken === undefined ? 0 : parseToken(nextToken, ends.length);
  const count = Math.min(maxResults, ends.length - first);
  const start = reverseOrder ? ends.length - first - count : first;
  const events = await readLines(path, ends, start, start + count);
  const rest = first + count < ends.length ? { nextToken: String(first + count) } : {};
  return { events: reverseOrder ? events.reverse() : events, ...rest };
}

/** The first and the last event of a history. */
export async function readEnds(path: string): Promise<{ first?: JsonObject; last?: JsonObject }> {
  const ends = await lineEnds(path);
  const [first] = await readLines(path, ends, 0, Math.min(1, ends.length));
  const [last] = await readLines(path, ends, Math.max(0, ends.length - 1), ends.length);
  return { first, last };
}

function parseToken(token: string, lineCount: number): number {
  const first = /^\d{1,9}$/.test(token) ? Number(token) : Number.NaN;
  if (first <= lineCount) return first;
  throw new StatesApiError('InvalidToken', `Invalid Token: '${token}'`);
}

/** Byte offset behind each complete line; none where there is no file yet. */
async function lineEnds(path: string): Promise<number[]> {
  const file = await openIfThere(path);
  const ends: number[] = [];
  if (!file) return ends;
  let offset = 0;
  for await (const piece of file.createReadStream({ highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = piece;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(offset + at + 1);
    offset += bytes.length;
  }
  return ends;
}

async function readLines(path: string, ends: readonly number[], from: number, to: number): Promise<JsonObject[]> {
  if (to <= from) return [];
  const start = from === 0 ? 0 : ends[from - 1]!;
  const bytes = Buffer.alloc(ends[to - 1]! - start);
  const file = await open(path, 'r');
  try {
    await file.read(bytes, 0, bytes.length, start);
  } finally {
    await file.close();
  }
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => parseRecord(line, path, from + index + 1));
}
