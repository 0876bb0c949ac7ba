import type { CompletenessFault } from '../../run/comparedRun.js';
import type { CosmicRecord } from './cosmicRecords.js';

/** Most names that a fault lists. */
const mostNames = 12;

/** Objects of one page of `ListObjectsV2`, which CosmicAI's summarizer reads and no more. */
const listingPage = 1000;

/** What is known of a run beside its records. */
export interface Expectation {
  /** From the table of execution times, or from the records of Muster; null: nothing tells. */
  readonly worldSize: number | null;
  /** `data_path` of the records of all repetitions of the same experiment. */
  readonly pathsOfRepetitions: ReadonlySet<string>;
}

/**
 * What shows that records are not those of one whole run: ranks that are missing, records that are there twice, exactly as
 * many as one page of a listing holds, or of several runs.
 */
export function completenessFaults(
  records: readonly CosmicRecord[],
  { worldSize, pathsOfRepetitions }: Expectation,
): CompletenessFault[] {
  const names = records.map(nameOf);
  const distinct = new Set(names);
  return [
    missingRanks(records, distinct, worldSize, pathsOfRepetitions),
    surplusRecords(distinct.size, worldSize),
    duplicates(names),
    fullPage(records.length),
    foreignRecords(records),
  ].flatMap((fault) => fault ?? []);
}

/** A rank by its number where Muster wrote it, else by what it read. */
const nameOf = ({ muster, data_path }: CosmicRecord): string => (muster ? `rank ${muster.rank}` : data_path);

function missingRanks(
  records: readonly CosmicRecord[],
  present: ReadonlySet<string>,
  worldSize: number | null,
  pathsOfRepetitions: ReadonlySet<string>,
): CompletenessFault | undefined {
  const numbered = records.every(({ muster }) => muster !== undefined);
  const known = numbered
    ? Array.from({ length: worldSize ?? 0 }, (_, rank) => `rank ${rank}`)
    : [...pathsOfRepetitions].sort((left, right) => left.localeCompare(right, 'en', { numeric: true }));
  const named = known.filter((name) => !present.has(name));
  const expected = Math.max(worldSize ?? 0, known.length);
  if (present.size >= expected) return undefined;
  const missing = expected - present.size;
  const unnamed = missing - named.length;
  const which = [
    ...(named.length > 0 ? [listed(named)] : []),
    ...(unnamed > 0 ? [`${unnamed} that no repetition has either`] : []),
  ].join(', and ');
  return {
    code: 'MISSING_RANKS',
    message: `${present.size} of ${expected} ranks delivered; missing: ${which}`,
  };
}

function surplusRecords(present: number, worldSize: number | null): CompletenessFault | undefined {
  if (worldSize === null || present <= worldSize) return undefined;
  return { code: 'SURPLUS_RECORDS', message: `records of ${present} ranks in a world of ${worldSize}` };
}

function duplicates(names: readonly string[]): CompletenessFault | undefined {
  const seen = new Set<string>();
  const twice = new Set(names.filter((name) => seen.has(name) || !seen.add(name)));
  if (twice.size === 0) return undefined;
  return { code: 'DUPLICATES', message: `more than one record of ${listed([...twice])}` };
}

function fullPage(records: number): CompletenessFault | undefined {
  if (records !== listingPage) return undefined;
  return {
    code: 'FULL_PAGE',
    message:
      'exactly 1,000 records: one page of a listing of S3, so that the ranks of further pages are probably left out',
  };
}

function foreignRecords(records: readonly CosmicRecord[]): CompletenessFault | undefined {
  const runs = new Set(records.map(({ muster, result_path }) => muster?.runId ?? result_path));
  if (runs.size === 1) return undefined;
  return { code: 'FOREIGN_RECORDS', message: `records of ${runs.size} runs: ${listed([...runs])}` };
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
