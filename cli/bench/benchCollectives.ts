import { access } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { NotBuiltError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { packageRoot } from '../packageRoot.js';
import type { Session } from '../session.js';
import { count, figure, plural } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';
import type { BenchChannel } from './benchChannels.js';
import type { BenchRow } from './benchRow.js';
import { BenchMeetingPlace } from './meetingPlace.js';
import { type BenchOperation, type OperationName, operations } from './operations.js';
import { defaultBudget } from './rankGroup.js';
import type { DirectOptions } from './rankProcess.js';

export interface BenchCollectivesOptions extends DirectOptions {
  readonly channel: BenchChannel;
  readonly ranks: readonly number[];
  readonly sizes: readonly number[];
  readonly ops: readonly OperationName[];
  readonly budgetMs: number;
}

/** All ranks together hold no more than this at once. */
const memoryLimitBytes = 4 * 2 ** 30;

/** A case that was not timed, and why. */
interface LeftOut {
  readonly operation: OperationName;
  readonly ranks: number;
  readonly bytes: number;
  readonly reason: string;
}

/** `muster bench collectives`: times operations over one channel, every rank a process of its own. */
export async function benchCollectives(session: Session, options: BenchCollectivesOptions): Promise<ExitCode> {
  const { terminal, interruption } = session;
  const entry = join(packageRoot, 'dist', 'cli', 'bench', 'rankProcess.js');
  await access(entry).catch(() => {
    throw new NotBuiltError(entry);
  });
  const place = new BenchMeetingPlace(entry, interruption.signal);
  const rows: BenchRow[] = [];
  const leftOut: LeftOut[] = [];
  try {
    for (const ranks of options.ranks) {
      terminal.note(terminal.noteColours.dim(`Starting ${plural(ranks, 'rank')} over ${options.channel} ...`));
      await timeWorld(place, ranks, options, rows, leftOut);
    }
  } finally {
    await place.close();
  }
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    load: loadavg()[0],
  };
  terminal.say(rowTable(rows, terminal.colours));
  for (const { operation, ranks, bytes, reason } of leftOut) {
    terminal.say(`  ${operation} of ${count(bytes)} B with ${plural(ranks, 'rank')} left out: ${reason}`);
  }
  terminal.result({ channel: options.channel, machine, rows, leftOut });
  return exitCodes.success;
}

async function timeWorld(
  place: BenchMeetingPlace,
  ranks: number,
  { channel, sizes, ops, budgetMs, pollMs, plainSockets }: BenchCollectivesOptions,
  rows: BenchRow[],
  leftOut: LeftOut[],
): Promise<void> {
  const group = await place.start(channel, ranks, { pollMs, plainSockets });
  try {
    for (const operation of ops) {
      const { kind, sized, memoryBytes }: BenchOperation = operations[operation];
      for (const bytes of sized ? sizes : [0]) {
        const leave = (reason: string) => leftOut.push({ operation, ranks, bytes, reason });
        const needed = memoryBytes(bytes, ranks);
        if (kind === 'pair' && ranks < 2) leave('it needs a pair of ranks');
        else if (needed > memoryLimitBytes) leave(`the ranks would hold ${count(needed / 2 ** 20)} MiB at once`);
        else {
          const row = await group.measure(operation, bytes, { ...defaultBudget, budgetMs });
          if (row) rows.push(row);
          else leave(`${channel} does not have it`);
        }
      }
    }
  } finally {
    await group.close();
  }
}

function rowTable(rows: readonly BenchRow[], colours: Session['terminal']['colours']): string {
  const right = 'right' as const;
  const columns = [
    { heading: 'operation' },
    { heading: 'ranks', align: right },
    { heading: 'bytes', align: right },
    { heading: 'avg us', align: right },
    { heading: 'min us', align: right },
    { heading: 'max us', align: right },
    { heading: 'MB/s', align: right },
    { heading: 'bus MB/s', align: right },
    { heading: 'iterations', align: right },
  ];
  const cells = rows.map((row) => [
    row.operation,
    String(row.ranks),
    count(row.bytes),
    figure(row.avgUs),
    figure(row.minUs),
    figure(row.maxUs),
    row.mbPerS === undefined ? '' : figure(row.mbPerS),
    row.busMbPerS === undefined ? '' : figure(row.busMbPerS),
    count(row.iterations),
  ]);
  return table(columns, cells, colours);
}
