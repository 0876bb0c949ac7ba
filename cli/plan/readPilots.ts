import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PilotRunsError } from '../../cost/errors.js';
import { defaultConstants } from '../../cost/forecast/constants.js';
import {
  type CosmicAiResult,
  type CosmicAiRun,
  cosmicAiConstants,
  parseExecutionTimes,
  resultPath,
} from '../../cost/planner/cosmicAiPilots.js';
import { fitWalls, type WallFit } from '../../cost/planner/fitWalls.js';
import { fitSummaries } from '../../cost/planner/summaryPilots.js';
import { messageOf } from '../../run/errors.js';
import type { RunSummary } from '../../run/summary.js';
import { UnreadableInputError } from '../errors.js';
import { parseSummary } from '../execution/loadSummary.js';

/** Results of CosmicAI as they lie in a folder. */
export interface CosmicAiFolder {
  readonly runs: readonly CosmicAiRun[];
  readonly results: readonly CosmicAiResult[];
}

/** The model without a pilot: what the table of constants says. */
const unfitted: WallFit = { constants: defaultConstants, fitted: [], pilots: 0, medianError: 0 };

/**
 * Fits the model to summaries of runs, or to one folder of CosmicAI's results.
 *
 * @throws PilotRunsError listing every path that is neither.
 */
export async function fitPilots(paths: readonly string[]): Promise<WallFit> {
  const faults: string[] = [];
  const summaries: RunSummary[] = [];
  const folders: CosmicAiFolder[] = [];
  for (const path of paths) {
    try {
      if ((await stat(path)).isDirectory()) folders.push(await readCosmicAi(path));
      else summaries.push(await readSummary(path));
    } catch (error) {
      faults.push(messageOf(error).trim());
    }
  }
  if (folders.length > 0 && paths.length > 1) {
    faults.push('a folder of CosmicAI results goes alone: its program is another than that of other runs');
  }
  if (faults.length > 0) throw new PilotRunsError(faults);
  if (folders.length > 0) return fitWalls(folders[0].runs, cosmicAiConstants(folders[0].results));
  return summaries.length > 0 ? fitSummaries(summaries) : unfitted;
}

/** @throws UnreadableInputError, PilotRunsError */
export async function readCosmicAi(folder: string): Promise<CosmicAiFolder> {
  const table = await textOf(join(folder, 'total_execution_time.csv'));
  if (table === undefined) throw new UnreadableInputError(folder, 'expected total_execution_time.csv in it.');
  const runs = parseExecutionTimes(table);
  const results: CosmicAiResult[] = [];
  for (const run of runs) {
    const path = join(folder, resultPath(run));
    const text = await textOf(path);
    // Results of many runs were never published; their wall times tell all the same.
    if (text !== undefined) results.push({ run, json: parseJson(path, text) });
  }
  return { runs, results };
}

async function readSummary(path: string): Promise<RunSummary> {
  const summary = parseSummary(parseJson(path, await readFile(path, 'utf8')));
  if (!summary) throw new UnreadableInputError(path, 'expected the summary.json of a run, version 1.');
  return summary;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableInputError(path, `expected JSON: ${messageOf(error)}`, error);
  }
}
