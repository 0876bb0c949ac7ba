import { setTimeout as wait } from 'node:timers/promises';
import { type TargetOptions, withTarget } from '../cloud/target.js';
import { LogNotFoundError } from '../errors.js';
import { findRun } from '../execution/findRun.js';
import { pollIntervalMs } from '../execution/pollInterval.js';
import type { RunObserver } from '../execution/runObserver.js';
import { hasEnded } from '../execution/runSnapshot.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { logsOfRun, looksAfterEnd } from './logsOfRun.js';
import type { AttemptLines, RankLogs } from './rankLogs.js';

export interface LogsOptions extends TargetOptions {
  readonly rank?: number;
  readonly follow?: true;
}

/** Receives the lines in the order in which they are read. */
type Sink = (lines: AttemptLines) => void;

/** `muster logs`: what the ranks of a run logged. */
export async function showLogs(session: Session, runId: string | undefined, options: LogsOptions): Promise<ExitCode> {
  const { terminal, interruption } = session;
  return withTarget(session, options, async (target) => {
    const observer = await findRun(target, runId);
    const signal = interruption.or(target.lost);
    const pollMs = pollIntervalMs[target.kind];
    let snapshot = await observer.observe(signal);
    while (options.follow && !snapshot.address && !hasEnded(snapshot)) {
      await wait(pollMs, undefined, { signal });
      snapshot = await observer.observe(signal);
    }
    const ranks = await logsOfRun(target, snapshot, options.rank);
    const read: AttemptLines[] = [];
    await readAll(ranks, options.follow ? observer : undefined, pollMs, signal, (lines) => {
      if (terminal.json) read.push(lines);
      for (const text of textOf(lines, options.rank === undefined)) terminal.raw(`${text}\n`);
    }).catch((error: unknown) => {
      // Calls that the end of the cloud cut short tell less than that it ended.
      signal.throwIfAborted();
      throw error;
    });
    if (options.rank !== undefined && !ranks[0].begun) {
      throw new LogNotFoundError(
        `Rank ${options.rank} of run ${snapshot.runId} has not begun, so it has logged nothing.`,
      );
    }
    terminal.result({ runId: snapshot.runId, attempts: merge(read) });
    return exitCodes.success;
  });
}

async function readAll(
  ranks: readonly RankLogs[],
  followed: RunObserver | undefined,
  pollMs: number,
  signal: AbortSignal,
  sink: Sink,
): Promise<void> {
  let looksLeft = looksAfterEnd;
  for (;;) {
    const ended = followed ? hasEnded(await followed.observe(signal)) : true;
    for (const rank of ranks) for (const lines of await rank.readNew(signal)) sink(lines);
    if (!followed) return;
    if (ended && (ranks.every((rank) => rank.complete || !rank.begun) || looksLeft-- === 0)) return;
    await wait(pollMs, undefined, { signal });
  }
}

function textOf({ rank, generation, lines }: AttemptLines, severalRanks: boolean): string[] {
  const source = [...(severalRanks ? [`rank ${rank}`] : []), ...(generation > 0 ? [`attempt ${generation + 1}`] : [])];
  const label = source.length > 0 ? `[${source.join(', ')}] ` : '';
  return lines.map(({ timestampMs, message }) => `${new Date(timestampMs).toISOString()} ${label}${message}`);
}

/** Joins what was read of each attempt at different times. */
function merge(read: readonly AttemptLines[]): AttemptLines[] {
  const byAttempt = new Map<string, AttemptLines>();
  for (const part of read) {
    const key = `${part.rank}/${part.generation}`;
    const before = byAttempt.get(key);
    byAttempt.set(key, before ? { ...before, lines: [...before.lines, ...part.lines] } : part);
  }
  return [...byAttempt.values()];
}
