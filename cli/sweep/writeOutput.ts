import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderSweep } from '../../sweep/report/renderSweep.js';
import { sweepCsv } from '../../sweep/sweepCsv.js';
import type { SweepResult } from '../../sweep/sweepResult.js';

/** The files of a sweep. */
export interface SweepFiles {
  readonly json: string;
  readonly csv: string;
  readonly report: string;
}

/** Writes what a sweep came to, so far or in the end. */
export async function writeOutput(folder: string, result: SweepResult): Promise<SweepFiles> {
  const files = {
    json: join(folder, 'sweep.json'),
    csv: join(folder, 'sweep.csv'),
    report: join(folder, 'report.html'),
  };
  await writeFile(files.json, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(files.csv, sweepCsv(result.rows));
  await writeFile(files.report, renderSweep(result));
  return files;
}
