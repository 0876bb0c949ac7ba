import { describe, expect, it } from 'vitest';
import { activityOf, trackRanks } from '../../report/timeline.js';
import { simulateRun } from './simulatedRun.js';

describe('trackRanks', () => {
  const { summary, spans = [], attempts = [] } = simulateRun(8, 2);
  const tracks = trackRanks(summary, spans, attempts);

  it('has a row for every rank in order, those that failed too', () => {
    expect(tracks.rows.map(({ rank, failed }) => [rank, failed])).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((rank) => [rank, false]),
      [6, true],
      [7, true],
    ]);
  });

  it('shows retries: waiting, the failed attempt until the next one, then the stages', () => {
    const kinds = tracks.rows[2].bars.map(({ kind }) => kind);
    expect(kinds.slice(0, 3)).toEqual(['waiting', 'failedAttempt', 'init']);
    const [waiting, failed] = tracks.rows[2].bars;
    expect(waiting).toMatchObject({ startMs: 0, endMs: failed.startMs });
    expect(failed.endMs).toBeCloseTo(summary.rows[2].startedAtMs - summary.startedAtMs, 6);
    expect(tracks.rows[7].bars.filter(({ kind }) => kind === 'failedAttempt')).toHaveLength(3);
  });

  it('keeps every bar within the run', () => {
    for (const { startMs, endMs } of tracks.rows.flatMap(({ bars }) => bars)) {
      expect(startMs).toBeGreaterThanOrEqual(0);
      expect(endMs).toBeGreaterThan(startMs);
      expect(endMs).toBeLessThanOrEqual(tracks.totalMs + 1e-6);
    }
  });

  it('shows when a rank worked where its stages are not known', () => {
    const { rows } = trackRanks(summary, [], []);
    expect(rows[0].bars.map(({ kind }) => kind)).toEqual(['waiting', 'working']);
    expect(rows[0].bars[1].endMs).toBe(summary.rows[0].endedAtMs - summary.startedAtMs);
  });

  it('counts no more ranks at a time than there are', () => {
    const activity = activityOf(tracks, 50).map((ranks) => Object.values(ranks).reduce((sum, count) => sum + count, 0));
    expect(Math.max(...activity)).toBeLessThanOrEqual(6);
    expect(Math.max(...activity)).toBeGreaterThan(3);
  });
});
