import { type TargetOptions, withTarget } from '../cloud/target.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { dateTime, duration, usd } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';
import { type ListedRun, listedRuns } from './listedRuns.js';
import { statusWord } from './progressLines.js';

export interface ListOptions extends TargetOptions {
  readonly limit: number;
}

/** `muster list`: the newest runs. */
export async function listRuns(session: Session, options: ListOptions): Promise<ExitCode> {
  const { terminal } = session;
  return withTarget(session, options, async (target) => {
    const runs = await listedRuns(target, options.limit);
    terminal.say(runs.length === 0 ? 'There are no runs yet.' : runTable(runs, terminal.colours));
    terminal.result({ runs });
    return exitCodes.success;
  });
}

function runTable(runs: readonly ListedRun[], colours: Colours): string {
  return table(
    [
      { heading: 'run' },
      { heading: 'status' },
      { heading: 'started' },
      { heading: 'time', align: 'right' },
      { heading: 'cost', align: 'right' },
      { heading: 'results' },
    ],
    runs.map((run) => [
      run.runId,
      statusWord(run.status, colours),
      dateTime(new Date(run.startedAt)),
      duration(run.durationMs),
      run.usd === null ? '' : usd(run.usd),
      run.resultPrefix ?? '',
    ]),
    colours,
  );
}
