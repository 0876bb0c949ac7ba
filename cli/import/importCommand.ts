import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import type { ColorScheme } from '../../report/palette.js';
import { renderComparison, renderComparisonPicture } from '../../report/renderComparison.js';
import type { ComparedRun } from '../../run/comparedRun.js';
import { UsageError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import { importResults } from './importResults.js';
import { runTable } from './runTable.js';

export interface ImportOptions {
  readonly out?: string;
  readonly scheme: ColorScheme;
}

type Draw = (runs: readonly ComparedRun[], scheme: ColorScheme) => Promise<string | Uint8Array>;

const drawings: Readonly<Record<string, Draw>> = {
  '.html': async (runs) => renderComparison(runs),
  '.svg': async (runs, scheme) => renderComparisonPicture(runs, scheme),
  '.png': async (runs, scheme) => {
    const { pngOf } = await import('../report/png.js');
    return pngOf(renderComparisonPicture(runs, scheme));
  },
};

/** `muster import`: published results and one's own in one table and one plot, incomplete runs named. */
export async function importRuns(
  session: Session,
  folders: readonly string[],
  { out, scheme }: ImportOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const draw = out === undefined ? undefined : drawings[extname(out).toLowerCase()];
  if (out !== undefined && !draw) throw new UsageError(`--out ${out} does not end in .html, .svg or .png.`);
  const runs = await importResults(folders);
  terminal.say(runTable(runs, terminal.colours));
  const incomplete = runs.filter(({ faults }) => faults.length > 0);
  if (incomplete.length > 0) {
    terminal.say(`\n${terminal.colours.red(`${plural(incomplete.length, 'run')} incomplete:`)}`);
    for (const { runId, faults } of incomplete) {
      terminal.say(`  ${runId}: ${faults.map(({ message }) => message).join('; ')}`);
    }
  }
  const path = out === undefined ? null : resolve(out);
  if (path !== null && draw) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await draw(runs, scheme));
    terminal.say(`\nThe plot is in ${path}`);
  }
  terminal.result({ runs, incomplete: incomplete.map(({ runId }) => runId), plot: path });
  return exitCodes.success;
}
