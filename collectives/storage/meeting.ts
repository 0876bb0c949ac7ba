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
import { type FailurePolicy, failurePolicies } from '../../rendezvous/protocol.js';
import { missingRanges } from '../../rendezvous/rankRanges.js';
import { CorruptMessageError, PolicyMismatchError } from './errors.js';
import { afterLoss, afterReturn, generationOf, isLost } from './groupState.js';
import type { Ledger } from './ledger.js';
import type { ObjectExchange } from './objectExchange.js';
import { parsePresence, presencePrefix, releasedName, rosterName } from './objectNames.js';
import type { PollInterval } from './polling.js';

const rosterSchema = z.object({
  epoch: z.string().min(1),
  policy: z.enum(failurePolicies),
  /** Of the members, by rank. */
  generations: z.array(z.int().min(0)),
});
/** Who a group consists of when it forms for the first time; the one object on which all of them agree. */
export type Roster = z.infer<typeof rosterSchema>;

export interface MeetingOptions {
  readonly exchange: ObjectExchange;
  readonly member: MemberIdentity;
  readonly worldSize: number;
  readonly policy: FailurePolicy;
  readonly timeoutMs: number;
  readonly interval: PollInterval;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

const growth = 1.5;

/**
 * Waits, present already, until every rank is. Rank 0 looks who is there and writes the roster, once and for all; the
 * others wait for it. Of several generations of a rank the newest counts. With the policy `wait` a newer generation than
 * that of the roster is let through; it has yet to `return`.
 *
 * @throws GroupTimeoutError naming who is missing, GroupBrokenError, FencedError, GroupReleasedError,
 * ConnectAbortedError, PolicyMismatchError.
 */
export async function meet(options: MeetingOptions): Promise<Roster> {
  const { exchange, worldSize } = options;
  const missing = async () => {
    const present = await newestGenerations(exchange);
    return missingRanges(worldSize, (rank) => present.has(rank));
  };
  const roster = await untilThere(options, missing, async () => {
    return (await readRoster(exchange)) ?? (await tryToWriteRoster(options));
  });
  return checkedRoster(roster, options);
}

/**
 * A retried rank takes the place of its older attempt: it declares that one lost, and when a newer generation of every
 * lost rank is there, it writes the new membership. Others do the same; the ledger lets one of them decide.
 *
 * @throws what `meet` throws.
 */
export async function returnToGroup(options: MeetingOptions, ledger: Ledger): Promise<void> {
  const { exchange, member, worldSize } = options;
  const { rank, generation } = member;
  const missing = async () => {
    const present = await newestGenerations(exchange);
    return missingRanges(worldSize, (other) => {
      return !ledger.state.lost.some(
        (peer) => peer.rank === other && (present.get(other) ?? -1) <= (peer.generation ?? -1),
      );
    });
  };
  await ledger.skipToEnd();
  await untilThere(options, missing, async () => {
    const present = await newestGenerations(exchange);
    const cause = `generation ${generation} of the same rank has taken its place`;
    await ledger.advance();
    await ledger.propose((state) => {
      const older = generationOf(state, rank);
      if (older === undefined || older >= generation) return undefined;
      return afterLoss(state, 'wait', [{ rank, generation: older, how: 'lost', cause }], []);
    });
    await ledger.propose((state) => afterReturn(state, present));
    const listed = generationOf(ledger.state, rank) ?? 0;
    if (listed > generation) throw new FencedError(member, `generation ${listed} is in the group`);
    if (isLost(ledger.state, rank, generation)) throw new FencedError(member, 'the others take it for lost');
    return listed === generation ? ledger : undefined;
  });
}

/** Looks for something until it is there, less and less often. */
async function untilThere<T>(
  { exchange, member, worldSize, timeoutMs, interval, clock, signal }: MeetingOptions,
  missing: () => Promise<ReturnType<typeof missingRanges>>,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const startMs = clock.nowMs();
  for (let delayMs = interval.minMs; ; delayMs = Math.min(interval.maxMs, delayMs * growth)) {
    if (signal?.aborted) throw new ConnectAbortedError(member, signal.reason);
    const found = await look();
    if (found !== undefined) return found;
    const released = await exchange.get(releasedName);
    if (released) throw new GroupReleasedError(member, Buffer.from(released).toString());
    const elapsedMs = clock.nowMs() - startMs;
    if (elapsedMs >= timeoutMs) throw new GroupTimeoutError(member, worldSize, elapsedMs, await missing());
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

async function tryToWriteRoster({ exchange, member, worldSize, policy }: MeetingOptions): Promise<Roster | undefined> {
  if (member.rank !== 0) return undefined;
  const newest = await newestGenerations(exchange);
  const generations = Array.from({ length: worldSize }, (_, rank) => newest.get(rank)).filter(
    (generation) => generation !== undefined,
  );
  if (generations.length < worldSize) return undefined;
  const roster: Roster = { epoch: randomUUID(), policy, generations };
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

function checkedRoster(roster: Roster, { member, worldSize, policy }: MeetingOptions): Roster {
  const { rank, generation } = member;
  const listed = roster.generations[rank];
  if (roster.generations.length !== worldSize || listed === undefined) {
    throw new CorruptMessageError(rosterName, `it is of ${roster.generations.length} ranks, not ${worldSize}`);
  }
  if (roster.policy !== policy) throw new PolicyMismatchError(member, roster.policy, policy);
  if (listed > generation) throw new FencedError(member, `generation ${listed} is in the group`);
  if (listed < generation && policy !== 'wait') {
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
