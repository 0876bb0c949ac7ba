import { type FactorName, type Factors, factorNames } from './factors.js';
import { type Repeats, repeatsOf } from './statistics.js';
import type { Measures, SweepRow } from './sweepRow.js';

/** A figure of a run that a chart can show. */
export type Figure = keyof Measures | 'usd';

/** A point with the runs of it that succeeded; points without any do not become one of these. */
export interface MeasuredPoint {
  readonly index: number;
  readonly factors: Factors;
  readonly rows: readonly (SweepRow & { readonly measures: Measures })[];
  repeats(figure: Figure): Repeats;
}

/** The points of which at least one run succeeded, in the order of the file. */
export function measuredPoints(rows: readonly SweepRow[]): MeasuredPoint[] {
  const byPoint = new Map<number, (SweepRow & { measures: Measures })[]>();
  for (const row of rows) {
    if (row.status !== 'SUCCEEDED' || row.measures === null) continue;
    const group = byPoint.get(row.point) ?? [];
    group.push({ ...row, measures: row.measures });
    byPoint.set(row.point, group);
  }
  return [...byPoint.entries()]
    .sort(([left], [right]) => left - right)
    .map(([index, group]) => ({
      index,
      factors: group[0].factors,
      rows: group,
      repeats: (figure) => repeatsOf(group.map((row) => (figure === 'usd' ? row.usd : row.measures[figure]))),
    }));
}

/** Points with the same values but for some factors. */
export interface PointGroup<P extends { readonly factors: Factors }> {
  /** What they share. */
  readonly shared: Factors;
  readonly points: readonly P[];
}

/** Splits points into groups that differ in the named factors alone. */
export function groupsBut<P extends { readonly factors: Factors }>(
  points: readonly P[],
  names: readonly FactorName[],
): PointGroup<P>[] {
  const groups = new Map<string, { shared: Factors; points: P[] }>();
  for (const point of points) {
    const entries = factorNames.flatMap((name) => {
      const value = point.factors[name];
      return names.includes(name) || value === undefined ? [] : [[name, value] as const];
    });
    const key = JSON.stringify(entries);
    const group: { shared: Factors; points: P[] } = groups.get(key) ?? {
      shared: Object.fromEntries(entries),
      points: [],
    };
    group.points.push(point);
    groups.set(key, group);
  }
  return [...groups.values()];
}
