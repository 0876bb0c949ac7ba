import type { RunSummary } from '../../run/summary.js';
import { PilotRunsError } from '../errors.js';
import { calibrate } from '../forecast/calibrate.js';
import { defaultConstants } from '../forecast/constants.js';
import { fitWalls, type WallFit } from './fitWalls.js';
import type { PilotRun } from './pilotRun.js';

/** Only the start of a program: the rest of it is measured stage by stage. */
const termsOfSummaries = 1;

/**
 * Fits the model to runs of Muster: rates, starts and spread from what their ranks measured, then the start of the program
 * and the model's error from the time between the first rank's start and the last one's end.
 *
 * @throws PilotRunsError, CalibrationError
 */
export function fitSummaries(summaries: readonly Pick<RunSummary, 'runId' | 'rows'>[]): WallFit {
  const faults = summaries.filter(({ rows }) => rows.length === 0).map(({ runId }) => `run ${runId} has no ranks`);
  if (faults.length > 0) throw new PilotRunsError(faults);
  const runId = summaries.map((summary) => summary.runId).join(', ');
  const constants = calibrate({ runId, rows: summaries.flatMap(({ rows }) => rows) }, defaultConstants);
  return fitWalls(summaries.map(pilotOf), constants, termsOfSummaries);
}

function pilotOf({ runId, rows }: Pick<RunSummary, 'runId' | 'rows'>): PilotRun {
  const startMs = rows.reduce((first, { startedAtMs }) => Math.min(first, startedAtMs), Infinity);
  const endMs = rows.reduce((last, { endedAtMs }) => Math.max(last, endedAtMs), -Infinity);
  return {
    name: runId,
    memoryMb: rows[0].memoryMb,
    ranks: rows.map(({ bytes, samples }) => ({ partitions: samples > 0 ? 1 : 0, bytes, samples })),
    wallS: Math.max(0.001, (endMs - startMs) / 1000),
    measured: 'ranks',
  };
}
