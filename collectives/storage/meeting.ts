import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../rendezvous/clock.js';
import {
  ConnectAbortedError,
  FencedError,
  GroupBrokenError,
  GroupReleasedError,
  GroupTimeoutError,
  type MemberIdentity,
} from '../../rendezvous/errors.js';
import { missingRanges } from '../../rendezvous/rankRanges.js';
import { CorruptMessageError } from './errors.js';
import type { ObjectExchange } from './objectExchange.js';
import { parsePresence, presencePrefix, releasedName, rosterName } from './objectNames.js';
import type { PollInterval } from './polling.js';

const rosterSchema = z.object({
  epoch: z.string().min(1),
  /** Of the members, by rank. */
  generations: z.array(z.int().min(0)),
});
/** Who a group consists of; the one object on which all of them agree. */
export type Roster = z.infer<typeof rosterSchema>;

export interface MeetingOptions {
  readonly exchange: ObjectExchange;
  readonly member: MemberIdentity;
  readonly worldSize: number;
  readonly timeoutMs: number;
  readonly interval: PollInterval;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

const growth = 1.5;

/**
 * Waits, present already, until every rank is. Rank 0 looks who is there and writes the roster, once and for all; the
 * others wait for it. Of several generations of a rank the newest counts.
 *
 * @throws GroupTimeoutError naming who is missing, GroupBrokenError, FencedError, GroupReleasedError,
 * ConnectAbortedError.
 */
export async function meet(options: MeetingOptions): Promise<Roster> {
  const { exchange, member, worldSize, timeoutMs, interval, clock, signal } = options;
  const startMs = clock.nowMs();
  for (let delayMs = interval.minMs; ; delayMs = Math.min(interval.maxMs, delayMs * growth)) {
    if (signal?.aborted) throw new ConnectAbortedError(member, signal.reason);
    const roster = (await readRoster(exchange)) ?? (await tryToWriteRoster(options));
    if (roster) return checkedRoster(roster, member, worldSize);
    const released = await exchange.get(releasedName);
    if (released) throw new GroupReleasedError(member, Buffer.from(released).toString());
    const elapsedMs = clock.nowMs() - startMs;
    if (elapsedMs >= timeoutMs) {
      const present = await newestGenerations(exchange);
      const missing = missingRanges(worldSize, (rank) => present.has(rank));
      throw new GroupTimeoutError(member, worldSize, elapsedMs, missing);
    }
    await pause(clock, Math.min(delayMs, timeoutMs - elapsedMs), signal);
  }
}

async function readRoster(exchange: ObjectExchange): Promise<Roster | undefined> {
  const bytes = await exchange.get(rosterName);
  if (!bytes) return undefined;
  const parsed = rosterSchema.safeParse(JSON.parse(Buffer.from(bytes).toString()));
  if (!parsed.success) throw new CorruptMessageError(rosterName, z.prettifyError(parsed.error));
  return parsed.data;
}

async function tryToWriteRoster({ exchange, member, worldSize }: MeetingOptions): Promise<Roster | undefined> {
  if (member.rank !== 0) return undefined;
  const newest = await newestGenerations(exchange);
  const generations = Array.from({ length: worldSize }, (_, rank) => newest.get(rank)).filter(
    (generation) => generation !== undefined,
  );
  if (generations.length < worldSize) return undefined;
  const roster: Roster = { epoch: randomUUID(), generations };
  // Another attempt at rank 0 may have been quicker; then its roster counts.
  if (await exchange.putIfAbsent(rosterName, Buffer.from(JSON.stringify(roster)))) return roster;
  return readRoster(exchange);
}

async function newestGenerations(exchange: ObjectExchange): Promise<Map<number, number>> {
  const newest = new Map<number, number>();
  for (const { name } of await exchange.list(presencePrefix)) {
    const parsed = parsePresence(name);
    if (parsed && !parsed.left) newest.set(parsed.rank, Math.max(parsed.generation, newest.get(parsed.rank) ?? 0));
  }
  return newest;
}

function checkedRoster(roster: Roster, member: MemberIdentity, worldSize: number): Roster {
  const { rank, generation } = member;
  const listed = roster.generations[rank];
  if (roster.generations.length !== worldSize || listed === undefined) {
    throw new CorruptMessageError(rosterName, `it is of ${roster.generations.length} ranks, not ${worldSize}`);
  }
  if (listed > generation) throw new FencedError(member, `generation ${listed} is in the group`);
  if (listed < generation) {
    const cause = 'this attempt takes its place';
    throw new GroupBrokenError(member, [{ rank, generation: listed, how: 'lost', cause }]);
  }
  return roster;
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done);
  });
}
