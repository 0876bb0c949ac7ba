import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activityCurve } from '../../../cli/ui/activityCurve.js';
import type { RankView } from '../../../cli/ui/wire.js';

const rank = (startedAtMs: number, endedAtMs: number | null, state: RankView['state']): RankView => ({
  rank: 0,
  state,
  startedAtMs,
  endedAtMs,
});

describe('the curve of the ranks', () => {
  it('has a point wherever a rank begins or ends, and one at the end', () => {
    const ranks = [rank(1_100, 1_400, 'done'), rank(1_100, 1_300, 'failed'), rank(1_200, null, 'running')];
    expect(activityCurve(ranks, 1_000, 1_500)).toEqual([
      { atMs: 0, running: 0, done: 0, failed: 0 },
      { atMs: 100, running: 2, done: 0, failed: 0 },
      { atMs: 200, running: 3, done: 0, failed: 0 },
      { atMs: 300, running: 2, done: 0, failed: 1 },
      { atMs: 400, running: 1, done: 1, failed: 1 },
      { atMs: 500, running: 1, done: 1, failed: 1 },
    ]);
  });

  it('only goes forward, never below nothing, and ends with every rank in its state', () => {
    const time = fc.integer({ min: 0, max: 10_000 });
    const anyRank = fc
      .tuple(time, fc.option(time), fc.constantFrom('done' as const, 'failed' as const))
      .map(([start, end, state]) => rank(start, end, end === null ? 'running' : state));
    fc.assert(
      fc.property(fc.array(anyRank, { maxLength: 30 }), time, time, (ranks, originMs, untilMs) => {
        const points = activityCurve(ranks, originMs, untilMs);
        points.slice(1).forEach((point, index) => {
          expect(point.atMs).toBeGreaterThan(points[index].atMs);
        });
        for (const { running, done, failed } of points)
          expect(Math.min(running, done, failed)).toBeGreaterThanOrEqual(0);
        const last = points[points.length - 1];
        for (const state of ['running', 'done', 'failed'] as const) {
          expect(last[state]).toBe(ranks.filter((each) => each.state === state).length);
        }
      }),
    );
  });
});
