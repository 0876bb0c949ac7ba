import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UnreadableInputError } from '../errors.js';

const timesName = 'total_execution_time.csv';

/** Folders above a run in which its execution times are looked for: the run's size, its partitions, all results. */
const levelsAbove = 4;

/** A folder with the results of one run. */
export interface ResultFolder {
  readonly path: string;
  /** `summary.json` tells more, so it goes before `combined_data.json`. */
  readonly kind: 'summary' | 'combined';
  /** The nearest `total_execution_time.csv` above. */
  readonly timesPath: string | undefined;
}

/** Finds the runs in and below folders, in natural order of their paths. */
export async function findResults(roots: readonly string[]): Promise<ResultFolder[]> {
  const found = new Map<string, ResultFolder>();
  for (const root of roots) {
    if (!(await stat(root).catch(() => undefined))?.isDirectory()) {
      throw new UnreadableInputError(root, 'there is no such folder.');
    }
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = resolve(entry.parentPath);
      if (entry.name === 'summary.json') found.set(path, { path, kind: 'summary', timesPath: undefined });
      if (entry.name === 'combined_data.json' && found.get(path)?.kind !== 'summary') {
        found.set(path, { path, kind: 'combined', timesPath: await timesAbove(path) });
      }
    }
  }
  return [...found.values()].sort((left, right) => left.path.localeCompare(right.path, 'en', { numeric: true }));
}

async function timesAbove(folder: string): Promise<string | undefined> {
  let at = folder;
  for (let level = 0; level <= levelsAbove; level++) {
    const candidate = join(at, timesName);
    if (await stat(candidate).catch(() => undefined)) return candidate;
    at = dirname(at);
  }
  return undefined;
}
