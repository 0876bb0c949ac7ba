import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { RankCounts, RunAddress } from '../execution/runSnapshot.js';
import type { EventView, RankView } from './wire.js';

/** What has changed since the last look. */
export interface BoardChange {
  readonly ranks: readonly RankView[];
  readonly events: readonly EventView[];
}

/** When a rank's objects were last written, epoch milliseconds. */
interface RankTimes {
  begunAtMs?: number;
  deliveredAtMs?: number;
  givenUpAtMs?: number;
}

const nothing: BoardChange = { ranks: [], events: [] };

/** Where the objects lie that tell a rank's state, under the result prefix. */
const folders = [
  ['attempts/', 'begunAtMs'],
  ['failures/', 'givenUpAtMs'],
  ['', 'deliveredAtMs'],
] as const satisfies readonly (readonly [string, keyof RankTimes])[];

/** Knows of each rank whether it runs, is through or was given up, by the names of its objects: three listings a look. */
export class RankBoard {
  readonly #s3: S3Client;
  #times = new Map<number, RankTimes>();
  #counts = '';

  constructor(s3: S3Client) {
    this.#s3 = s3;
  }

  /** Lists nothing while the counts stay as they were and every rank that they count has been seen. */
  async look(
    address: RunAddress | undefined,
    counts: RankCounts | undefined,
    ended: boolean,
    signal: AbortSignal,
  ): Promise<BoardChange> {
    const key = JSON.stringify([counts, ended]);
    if (!address || (key === this.#counts && this.#hasSeen(counts))) return nothing;
    const times = await this.#list(address, signal);
    const changed = [...times].filter(([rank, now]) => {
      const before = this.#times.get(rank);
      return folders.some(([, name]) => before?.[name] !== now[name]);
    });
    const events = changed.flatMap(([rank, now]) => rankEvents(rank, this.#times.get(rank) ?? {}, now));
    this.#times = times;
    this.#counts = key;
    return {
      ranks: changed.map(([rank, now]) => rankView(rank, now)).sort((left, right) => left.rank - right.rank),
      events: events.sort((left, right) => left.atMs - right.atMs),
    };
  }

  #hasSeen(counts: RankCounts | undefined): boolean {
    if (!counts) return true;
    const through = [...this.#times.values()].filter(({ deliveredAtMs }) => deliveredAtMs !== undefined).length;
    return this.#times.size >= counts.running + counts.done + counts.failed && through >= counts.done;
  }

  async #list({ bucket, resultPrefix }: RunAddress, signal: AbortSignal): Promise<Map<number, RankTimes>> {
    const times = new Map<number, RankTimes>();
    for (const [folder, name] of folders) {
      const prefix = `${resultPrefix}/${folder}`;
      const pages = paginateListObjectsV2({ client: this.#s3 }, { Bucket: bucket, Prefix: prefix, Delimiter: '/' });
      for await (const { Contents } of pages) {
        signal.throwIfAborted();
        for (const { Key, LastModified } of Contents ?? []) {
          const match = /^(\d+)\.json$/.exec(Key?.slice(prefix.length) ?? '');
          if (!match || !LastModified) continue;
          const rank = Number(match[1]);
          times.set(rank, { ...times.get(rank), [name]: LastModified.getTime() });
        }
      }
    }
    return times;
  }
}

/** A rank that delivered is through, whatever was written of an attempt before. */
function rankView(rank: number, { begunAtMs, deliveredAtMs, givenUpAtMs }: RankTimes): RankView {
  const endedAtMs = deliveredAtMs ?? givenUpAtMs ?? null;
  const state = deliveredAtMs !== undefined ? 'done' : givenUpAtMs !== undefined ? 'failed' : 'running';
  return { rank, state, startedAtMs: begunAtMs ?? endedAtMs ?? 0, endedAtMs };
}

function rankEvents(rank: number, before: RankTimes, now: RankTimes): EventView[] {
  const events: EventView[] = [];
  if (now.begunAtMs !== undefined && now.begunAtMs !== before.begunAtMs) {
    const text = before.begunAtMs === undefined ? `Rank ${rank} begins` : `Rank ${rank} begins again`;
    events.push({ atMs: now.begunAtMs, kind: 'rank', text });
  }
  if (now.deliveredAtMs !== undefined && before.deliveredAtMs === undefined) {
    events.push({ atMs: now.deliveredAtMs, kind: 'rank', text: `Rank ${rank} is through` });
  }
  if (now.givenUpAtMs !== undefined && before.givenUpAtMs === undefined) {
    events.push({ atMs: now.givenUpAtMs, kind: 'fault', text: `Rank ${rank} is given up` });
  }
  return events;
}
