import type { ConstantName, ForecastConstants } from '../forecast/constants.js';
import { found, modelledWallS, type PilotRun } from './pilotRun.js';

/** What is fitted to wall times. The last is a time a byte. */
export const wallTerms = ['programStartS', 'aggregateRankS', 'downloadBytesPerS'] as const;
type WallTerm = (typeof wallTerms)[number];

/** Pilots that each fitted term must have. */
const pilotsPerTerm = 3;
/** So fast that the download is not felt. */
const fastestBytesPerS = 1e10;

export interface WallFit {
  readonly constants: ForecastConstants;
  /** Terms that were fitted; the others stay as they were. */
  readonly fitted: readonly ConstantName[];
  readonly pilots: number;
  /** Median of |model / measured - 1| over the pilots. */
  readonly medianError: number;
}

/**
 * Fits start, per-rank work after the map, and download to wall times by least squares. In these terms the model is linear
 * as long as no rank waits for an executor, so two linear steps suffice; terms are never negative. With fewer than three
 * pilots for each term the last terms are left as they are, so that few runs are not explained by many figures.
 */
export function fitWalls(
  pilots: readonly PilotRun[],
  constants: ForecastConstants,
  allowed: number = wallTerms.length,
): WallFit {
  const terms = wallTerms.slice(0, Math.min(allowed, Math.floor(pilots.length / pilotsPerTerm)));
  let fitted = constants;
  for (let round = 0; round < 2; round++) fitted = step(pilots, fitted, terms);
  const logErrors = pilots.map((pilot) => Math.log(modelledWallS(pilot, fitted) / pilot.wallS));
  const freedom = Math.max(1, pilots.length - terms.length);
  const deviation = Math.sqrt(logErrors.reduce((sum, error) => sum + error ** 2, 0) / freedom);
  const telling = pilots.length - terms.length >= 2;
  return {
    constants: telling
      ? { ...fitted, modelError: found('modelError', deviation, `residuals of ${pilots.length} pilot runs`) }
      : fitted,
    fitted: terms,
    pilots: pilots.length,
    medianError: median(logErrors.map((error) => Math.abs(Math.exp(error) - 1))),
  };
}

function step(
  pilots: readonly PilotRun[],
  constants: ForecastConstants,
  terms: readonly WallTerm[],
): ForecastConstants {
  if (terms.length === 0) return constants;
  const none = withTerms(
    constants,
    terms,
    terms.map(() => 0),
    pilots.length,
  );
  const base = pilots.map((pilot) => modelledWallS(pilot, none));
  const current = terms.map((term) => coordinate(term, constants[term].value) || 1e-3);
  const slopes = terms.map((_, index) => {
    const one = withTerms(
      constants,
      terms,
      current.map((value, at) => (at === index ? value : 0)),
      pilots.length,
    );
    return pilots.map((pilot, at) => (modelledWallS(pilot, one) - base[at]) / current[index]);
  });
  const wanted = pilots.map(({ wallS }, at) => wallS - base[at]);
  return withTerms(constants, terms, nonNegativeLeastSquares(slopes, wanted), pilots.length);
}

/** The model is linear in the time a megabyte, not in the rate. */
const coordinate = (term: WallTerm, value: number): number => (term === 'downloadBytesPerS' ? 1e6 / value : value);

function withTerms(
  constants: ForecastConstants,
  terms: readonly WallTerm[],
  values: readonly number[],
  pilots: number,
): ForecastConstants {
  const source = `fitted to the wall times of ${pilots} pilot runs`;
  const value = (term: WallTerm, at: number) =>
    term === 'downloadBytesPerS' ? Math.min(fastestBytesPerS, 1e6 / Math.max(values[at], 1e-12)) : values[at];
  const changed = Object.fromEntries(terms.map((term, at) => [term, found(term, value(term, at), source)]));
  return { ...constants, ...changed };
}

/** Tries every set of columns that may be positive, of which there are few, and keeps the best solution without a negative one. */
function nonNegativeLeastSquares(columns: readonly (readonly number[])[], wanted: readonly number[]): number[] {
  let best = columns.map(() => 0);
  let least = sumOfSquares(columns, wanted, best);
  for (let set = 1; set < 2 ** columns.length; set++) {
    const chosen = columns.map((_, at) => at).filter((at) => set & (1 << at));
    const solved = leastSquares(
      chosen.map((at) => columns[at]),
      wanted,
    );
    if (!solved?.every((value) => value >= 0)) continue;
    const candidate = columns.map((_, at) => solved[chosen.indexOf(at)] ?? 0);
    const squares = sumOfSquares(columns, wanted, candidate);
    if (squares < least) [best, least] = [candidate, squares];
  }
  return best;
}

const sumOfSquares = (
  columns: readonly (readonly number[])[],
  wanted: readonly number[],
  x: readonly number[],
): number =>
  wanted.reduce(
    (sum, value, row) => sum + (value - columns.reduce((of, column, at) => of + column[row] * x[at], 0)) ** 2,
    0,
  );

/** By the normal equations and Gauss-Jordan; undefined where the columns do not tell terms apart. */
function leastSquares(columns: readonly (readonly number[])[], wanted: readonly number[]): number[] | undefined {
  const dot = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, value, at) => sum + value * right[at], 0);
  const rows = columns.map((left) => [...columns.map((right) => dot(left, right)), dot(left, wanted)]);
  const scale = Math.max(...rows.map((row, at) => row[at]));
  for (let at = 0; at < rows.length; at++) {
    const pivot = rows[at][at];
    if (Math.abs(pivot) < 1e-9 * scale) return undefined;
    rows[at] = rows[at].map((value) => value / pivot);
    for (let other = 0; other < rows.length; other++) {
      if (other === at) continue;
      const factor = rows[other][at];
      rows[other] = rows[other].map((value, column) => value - factor * rows[at][column]);
    }
  }
  return rows.map((row) => row[columns.length]);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
