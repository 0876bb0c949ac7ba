import { describe, expect, it } from 'vitest';
import { compareRuns, payloadDifferences, rankTimeCurve, timeAt } from '../../../cli/ui/comparison.js';
import type { RunView } from '../../../cli/ui/wire.js';
import type { RunSummary } from '../../../run/summary.js';
import { exampleSummary } from '../execution/examples.js';

const view = (summary: RunSummary | null, tookMs: number | null = 12_000): RunView => ({
  runId: 'nightly-7',
  status: 'SUCCEEDED',
  startedAtMs: 1_000_000,
  endedAtMs: tookMs === null ? null : 1_000_000 + tookMs,
  resultPrefix: 's3://b/results/x',
  worldSize: summary?.worldSize ?? null,
  error: null,
  payload: {},
  summary,
});

describe('two runs side by side', () => {
  it('have their figures in words and the second over the first', () => {
    const figures = compareRuns(view(exampleSummary(4)), view(exampleSummary(8), 6_000));
    expect(figures).toContainEqual({ name: 'Time', left: '12.0 s', right: '6.0 s', ratio: '× 0.5' });
    expect(figures).toContainEqual({ name: 'Ranks', left: '4', right: '8', ratio: '× 2' });
    expect(figures).toContainEqual({ name: 'Cost', left: '$0.00120', right: '$0.00120', ratio: '× 1' });
  });

  it('leave out what neither has, and the ratio where there is nothing to divide by', () => {
    const figures = compareRuns(view(exampleSummary(4)), view(null, null));
    expect(figures.map(({ name }) => name)).not.toContain('Cost per GB');
    expect(figures).toContainEqual({ name: 'Ranks', left: '4', right: null, ratio: null });
    expect(figures).toContainEqual({ name: 'Ranks that failed', left: '0', right: null, ratio: null });
    expect(compareRuns(view(null, null), view(null, null))).toEqual([]);
  });

  it('differ in the keys of their payloads that do not say the same', () => {
    expect(payloadDifferences({ a: 1, b: [2], c: 3 }, { a: 1, b: [2, 3], d: null })).toEqual([
      { key: 'b', left: '[2]', right: '[2,3]' },
      { key: 'c', left: '3', right: null },
      { key: 'd', left: null, right: 'null' },
    ]);
    expect(payloadDifferences('text', {})).toEqual([{ key: '(payload)', left: '"text"', right: null }]);
  });
});

describe('the curve of rank times', () => {
  it('goes from the quickest to the slowest, over the share of the world', () => {
    expect(rankTimeCurve(exampleSummary(3))).toEqual([
      [0, 1],
      [50, 1.001],
      [100, 1.002],
    ]);
  });

  it('says within which time a share of the ranks was through', () => {
    const curve = rankTimeCurve(exampleSummary(3));
    expect([0, 1, 50, 51, 100].map((share) => timeAt(curve, share))).toEqual([1, 1.001, 1.001, 1.002, 1.002]);
    expect(timeAt([], 50)).toBeNull();
  });

  it('is a level line for one rank, and nothing for none', () => {
    expect(rankTimeCurve(exampleSummary(1))).toEqual([
      [0, 1],
      [100, 1],
    ]);
    expect(rankTimeCurve(exampleSummary(0))).toEqual([]);
  });
});
