import { dirname, join, resolve } from 'node:path';
import { measuredPoints } from '../../sweep/measuredPoint.js';
import { resilienceCurves, scalingCurves } from '../../sweep/scaling.js';
import { parseSweep, type Sweep } from '../../sweep/sweepFile.js';
import { sweepPoints } from '../../sweep/sweepPlan.js';
import type { SweepResult } from '../../sweep/sweepResult.js';
import { prepareStateDirectory } from '../cloud/stateDirectory.js';
import type { TargetOptions } from '../cloud/target.js';
import { signalExitCode } from '../conclude.js';
import { UsageError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { readPayload } from '../readPayload.js';
import type { Session } from '../session.js';
import { plural, usd } from '../terminal/quantities.js';
import { facts } from '../terminal/table.js';
import { confirmSweep } from './confirmSweep.js';
import { SweepIncompleteError } from './errors.js';
import { forecastSweep } from './forecastSweep.js';
import { preparePoints } from './preparePoints.js';
import { runSweep, runsLeft, spentUsd } from './runSweep.js';
import { SweepState, sweepFingerprint } from './sweepState.js';
import { forecastTable, resultTable } from './sweepTables.js';
import { SweepTargets } from './sweepTargets.js';
import { writeOutput } from './writeOutput.js';

export interface SweepOptions extends TargetOptions {
  readonly quick?: true;
  readonly yes?: true;
  readonly out?: string;
  readonly bucket?: string;
  readonly restart?: true;
  readonly retryFailed?: true;
}

/**
 * `muster sweep`: makes the runs of a sweep that have not been made yet, and its report.
 *
 * @throws SweepFileError, PayloadError, SweepCannotRunError, OtherSweepError, SweepIncompleteError, MissingBaselineError
 */
export async function sweep(session: Session, path: string, options: SweepOptions): Promise<ExitCode> {
  const parsed = parseSweep(await readPayload(path, process.stdin), options.quick);
  const swept = options.bucket === undefined ? parsed : withBucket(parsed, options.bucket);
  if (options.aws && swept.vary.failure_rate?.some((rate) => rate > 0))
    throw new UsageError(
      'vary.failure_rate: executors on AWS cannot be killed from outside, because Lambda gives nobody their process; sweep it in the embedded cloud, without --aws.',
    );
  await prepareStateDirectory(session.directory);
  const folder = resolve(
    options.out ?? join(session.directory.path, 'sweeps', `${swept.name}${options.quick ? '-quick' : ''}`),
  );
  const targets = new SweepTargets(session, swept, options);
  try {
    return await work(session, swept, { targets, folder, base: path === '-' ? process.cwd() : dirname(path), options });
  } finally {
    await targets.close();
  }
}

const withBucket = (sweep: Sweep, bucket: string): Sweep => ({ ...sweep, payload: { ...sweep.payload, bucket } });

interface Place {
  readonly targets: SweepTargets;
  readonly folder: string;
  /** Paths in the sweep file are relative to it. */
  readonly base: string;
  readonly options: SweepOptions;
}

async function work(session: Session, swept: Sweep, { targets, folder, base, options }: Place): Promise<ExitCode> {
  const { terminal, interruption } = session;
  const { restart, retryFailed, yes } = options;
  const fingerprint = sweepFingerprint(swept, await targets.names());
  const keeps = ({ status }: { status: string }) => !restart && (!retryFailed || status === 'SUCCEEDED');
  const state = await SweepState.open(folder, fingerprint, keeps);
  const left = runsLeft(swept, state.rows);
  let ended: SweepResult['ended'] = 'complete';
  let notes: readonly string[] = state.notes;
  if (left.length > 0) {
    const prepared = await preparePoints(session, swept, targets, base);
    notes = prepared.notes;
    try {
      const forecasts = await forecastSweep(prepared.points, interruption.signal);
      if (state.rows.length > 0)
        terminal.note(`Goes on where it stopped: ${plural(state.rows.length, 'run')} of it are made.`);
      for (const note of notes) terminal.say(note);
      terminal.say(forecastTable(sweepPoints(swept), forecasts, left, terminal.colours));
      if (!yes) await confirmSweep(session);
      await state.keepNotes(notes);
      const ready = prepared.points.map((point, index) => ({ ...point, forecast: forecasts[index] }));
      ended = await runSweep(session, swept, ready, state);
    } finally {
      await prepared.end();
    }
  }
  const first = await targets.of(undefined);
  const result: SweepResult = {
    version: 1,
    sweep: swept,
    cloud: first.kind,
    region: first.region,
    ended,
    plannedRuns: sweepPoints(swept).length * swept.repeats,
    spentUsd: spentUsd(state.rows),
    notes,
    rows: state.rows,
  };
  return conclude(session, result, folder);
}

async function conclude(session: Session, result: SweepResult, folder: string): Promise<ExitCode> {
  const { terminal, interruption } = session;
  const files = await writeOutput(folder, result);
  terminal.say();
  if (result.rows.length > 0) terminal.say(resultTable(result.rows, terminal.colours));
  terminal.say(
    `\n${facts(
      [
        ['spent', usd(result.spentUsd)],
        ['report', `${files.report}  (open it in a browser)`],
        ['rows', files.csv],
        ['all of it', files.json],
      ],
      terminal.colours,
    )}`,
  );
  terminal.result({ ...result, files });
  if (interruption.receivedSignal !== undefined) {
    terminal.note('Interrupted; the same command goes on where it stopped.');
    return signalExitCode(session);
  }
  requireWhole(result);
  return exitCodes.success;
}

/** @throws SweepIncompleteError, MissingBaselineError */
function requireWhole({ sweep: swept, rows, ended, plannedRuns }: SweepResult): void {
  if (ended === 'stop_after_usd')
    throw new SweepIncompleteError(
      `Stopped after ${rows.length} of ${plural(plannedRuns, 'run')}, because stop_after_usd is reached.`,
      { remedy: 'With a higher limit, the same command goes on.' },
    );
  const points = measuredPoints(rows);
  if ((swept.vary.world_size?.length ?? 0) > 1) scalingCurves(points, swept.scaling ?? 'strong');
  if (swept.vary.failure_rate) resilienceCurves(points);
  const failed = rows.filter(({ status }) => status !== 'SUCCEEDED').length;
  if (failed > 0)
    throw new SweepIncompleteError(`${failed} of ${plural(plannedRuns, 'run')} failed; the report names why.`, {
      remedy: 'Make them again with --retry-failed.',
    });
}
