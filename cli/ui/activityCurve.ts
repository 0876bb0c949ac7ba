import type { RankView } from './wire.js';

/** How many ranks did what, from one moment to the next point's. */
export interface ActivityPoint {
  /** Since the start of the run, milliseconds. */
  readonly atMs: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

/**
 * Ranks by their state over time, a point wherever one changes, and one at the end.
 *
 * @param originMs - Start of the run, epoch milliseconds.
 * @param untilMs - End of the curve, epoch milliseconds.
 */
export function activityCurve(ranks: Iterable<RankView>, originMs: number, untilMs: number): ActivityPoint[] {
  const steps: { atMs: number; running: number; done: number; failed: number }[] = [];
  for (const { state, startedAtMs, endedAtMs } of ranks) {
    steps.push({ atMs: startedAtMs, running: 1, done: 0, failed: 0 });
    if (endedAtMs === null) continue;
    const failed = state === 'failed' ? 1 : 0;
    // Objects are dated to the second by some stores, so that an end may seem to come before its beginning.
    steps.push({ atMs: Math.max(startedAtMs, endedAtMs), running: -1, done: 1 - failed, failed });
  }
  steps.sort((left, right) => left.atMs - right.atMs);
  const points: ActivityPoint[] = [{ atMs: 0, running: 0, done: 0, failed: 0 }];
  for (const step of steps) {
    const last = points[points.length - 1];
    const next = {
      atMs: Math.max(0, step.atMs - originMs),
      running: last.running + step.running,
      done: last.done + step.done,
      failed: last.failed + step.failed,
    };
    if (next.atMs === last.atMs) points[points.length - 1] = next;
    else points.push(next);
  }
  const last = points[points.length - 1];
  if (untilMs - originMs > last.atMs) points.push({ ...last, atMs: untilMs - originMs });
  return points;
}
