import { randomLcg } from 'd3-random';
import type { Factors } from './factors.js';
import { combinations, type Sweep } from './sweepFile.js';

/** One combination of factors. */
export interface SweepPoint {
  /** From 0, in the order of the file. */
  readonly index: number;
  readonly factors: Factors;
}

/** One run of a sweep. */
export interface PlannedRun {
  readonly point: SweepPoint;
  /** From 1. */
  readonly repeat: number;
}

/** Stable name of a run within its sweep, such as `3-2`: the third point's second repeat. */
export const runKey = ({ point, repeat }: PlannedRun): string => `${point.index + 1}-${repeat}`;

export const sweepPoints = ({ vary }: Pick<Sweep, 'vary'>): SweepPoint[] =>
  combinations(vary).map((factors, index) => ({ index, factors }));

/**
 * The runs in the order in which they are made: every point as often as there are repeats, each round of all points shuffled
 * by the seed, so that a drift of the machine reaches all points alike and an interrupted sweep has as many repeats of
 * each point as of any other, give or take one.
 */
export function plannedRuns(sweep: Pick<Sweep, 'vary' | 'repeats' | 'seed'>): PlannedRun[] {
  const points = sweepPoints(sweep);
  const random = randomLcg(((sweep.seed * 2_654_435_761) % 2 ** 32) / 2 ** 32);
  return Array.from({ length: sweep.repeats }, (_, round) =>
    shuffled(points, random).map((point) => ({ point, repeat: round + 1 })),
  ).flat();
}

/** Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
