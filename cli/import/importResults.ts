import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { ComparedRun, Rates } from '../../run/comparedRun.js';
import { messageOf } from '../../run/errors.js';
import { comparedSummary } from './comparedSummary.js';
import { completenessFaults } from './completeness.js';
import { type CosmicRecord, recordsSchema, totalsOf } from './cosmicRecords.js';
import { NoResultsError, ResultFormatError } from './errors.js';
import { type ExecutionTime, parseExecutionTimes } from './executionTimes.js';
import { type Experiment, experimentOf } from './experiment.js';
import { findResults, type ResultFolder } from './findResults.js';

const mib = 2 ** 20;
const gib = 2 ** 30;

/** Records of one run with what its folder tells. */
interface CosmicResults {
  readonly folder: ResultFolder;
  readonly records: readonly CosmicRecord[];
  readonly experiment: Experiment | undefined;
}

/**
 * Reads every run in and below folders: Muster's by `summary.json`, those of CosmicAI, and of Muster where there is no
 * summary, by `combined_data.json`.
 *
 * @throws UnreadableInputError when a folder is not there; NoResultsError; ResultFormatError listing every faulty file.
 */
export async function importResults(roots: readonly string[]): Promise<ComparedRun[]> {
  const folders = await findResults(roots);
  if (folders.length === 0) throw new NoResultsError(roots);
  const faults: string[] = [];
  const read = async <T>(path: string, parse: (text: string) => T): Promise<T | undefined> => {
    try {
      return parse(await readFile(path, 'utf8'));
    } catch (error) {
      faults.push(`${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`);
      return undefined;
    }
  };
  const timesOf = new Map<string, readonly ExecutionTime[]>();
  for (const path of new Set(folders.flatMap(({ timesPath }) => timesPath ?? []))) {
    const parsed = await read(path, parseExecutionTimes);
    faults.push(...(parsed?.faults ?? []).map((fault) => `${path}: ${fault}`));
    timesOf.set(path, parsed?.times ?? []);
  }
  const own: ComparedRun[] = [];
  const cosmic: CosmicResults[] = [];
  for (const folder of folders) {
    if (folder.kind === 'summary') {
      const path = join(folder.path, 'summary.json');
      const run = await read(path, (text) => comparedSummary(path, JSON.parse(text)));
      if (run) own.push(run);
    } else {
      const path = join(folder.path, 'combined_data.json');
      const records = await read(path, (text) => recordsSchema.parse(JSON.parse(text)));
      const experiment = experimentOf(folder.path) ?? experimentOf(records?.[0].result_path ?? '');
      if (records) cosmic.push({ folder, records, experiment });
    }
  }
  if (faults.length > 0) throw new ResultFormatError(faults);
  return [...cosmic.map((results) => comparedRecords(results, cosmic, timesOf)), ...own];
}

const isSameExperiment = (left: Experiment | undefined, right: Experiment | undefined): boolean =>
  left !== undefined && left.partitionMb === right?.partitionMb && left.dataGb === right.dataGb;

function comparedRecords(
  results: CosmicResults,
  all: readonly CosmicResults[],
  timesOf: ReadonlyMap<string, readonly ExecutionTime[]>,
): ComparedRun {
  const { folder, records, experiment } = results;
  const time = (timesOf.get(folder.timesPath ?? '') ?? []).find(
    (each) => isSameExperiment(each, experiment) && each.repetition === experiment?.repetition,
  );
  const repetitions = all.filter((each) => isSameExperiment(each.experiment, experiment));
  const pathsOfRepetitions = new Set(repetitions.flatMap((each) => each.records.map(({ data_path }) => data_path)));
  const written = records[0].muster;
  const worldSize = written?.worldSize ?? time?.worldSize ?? null;
  const delivered = new Set(records.map(({ muster, data_path }) => muster?.rank ?? data_path)).size;
  const totals = totalsOf(records);
  const wallMs = time?.durationMs ?? null;
  return {
    runId: written?.runId ?? (experiment ? nameOf(experiment) : basename(folder.path)),
    origin: written ? 'muster' : 'cosmic-ai',
    path: join(folder.path, 'combined_data.json'),
    partitionMb: experiment?.partitionMb ?? totals.bytes / records.length / mib,
    dataGb: experiment?.dataGb ?? totals.bytes / gib,
    repetition: experiment?.repetition ?? null,
    partitions: records.reduce((sum, { data_path }) => sum + data_path.split(',').filter(Boolean).length, 0),
    ranks: { succeeded: delivered, expected: worldSize ?? (repetitions.length > 1 ? pathsOfRepetitions.size : null) },
    ...totals,
    wallMs,
    overall: wallMs === null ? null : overallRates(totals, wallMs),
    faults: completenessFaults(records, { worldSize, pathsOfRepetitions }),
  };
}

const nameOf = ({ partitionMb, dataGb, repetition }: Experiment): string =>
  `${partitionMb}MB-${dataGb}GB-${repetition}`;

/** Data and samples over the time of a whole execution. */
function overallRates({ bytes, samples }: { bytes: number; samples: number }, wallMs: number): Rates {
  return { bitsPerSecond: (bytes * 8000) / wallMs, samplesPerSecond: (samples * 1000) / wallMs };
}
