import { describe, expect, it } from 'vitest';
import { type ComparisonPlan, visitsOf } from '../../../bench/collectives/comparisonPlan.js';
import { Pacing } from '../../../bench/collectives/pacing.js';
import { row } from './comparedRows.js';

const plan: ComparisonPlan = {
  contenders: ['direct', 'openmpi'],
  worldSizes: [4, 2, 8],
  operations: ['latency', 'barrier', 'allreduce'],
  sizes: [8, 4_194_304],
  rounds: 3,
  budget: { budgetMs: 10, minIterations: 2, maxIterations: 10 },
  goalBudget: { budgetMs: 100, minIterations: 1, maxIterations: 100 },
  caseLimitMs: 1000,
  memoryLimitBytes: 1e9,
};

describe('the cases of a plan', () => {
  it('begin with those that goals are about, and hold each case once', () => {
    const visits = visitsOf(plan).map(({ ranks, cases }) => [
      ranks,
      cases.map(({ operation, bytes }) => `${operation} ${bytes}`),
    ]);
    expect(visits).toEqual([
      [4, ['barrier 0', 'allreduce 8']],
      [2, ['latency 8', 'barrier 0', 'allreduce 8']],
      [4, ['allreduce 4194304']],
      [2, ['latency 4194304', 'allreduce 4194304']],
      [8, ['barrier 0', 'allreduce 8', 'allreduce 4194304']],
    ]);
  });

  it('have a pair among more ranks only when there is no world of two', () => {
    const visits = visitsOf({ ...plan, worldSizes: [4], operations: ['latency'], sizes: [8] });
    expect(visits).toEqual([{ ranks: 4, cases: [{ ranks: 4, operation: 'latency', bytes: 8 }] }]);
  });
});

describe('pacing', () => {
  const known = row('relay', 'allreduce', 4, 1_048_576, [50_000]);
  const of = (mib: number) => ({ operation: 'allreduce', ranks: 4, bytes: mib * 1_048_576 }) as const;

  it('lets a slow contender take part once, and one that is too slow not at all', () => {
    const pacing = new Pacing(1000, 3, [known]);
    // Four calls of 50 ms are 0.2 s; of a size four times as large, 0.8 s; sixteen times, 3.2 s.
    expect([1, 4, 16].map((mib) => pacing.roundsFor('relay', of(mib)))).toEqual([3, 1, 0]);
    expect(pacing.reason('relay', of(16))).toBe('it would take about 3 s');
    expect(pacing.roundsFor('direct', of(16))).toBe(3);
    expect(pacing.roundsFor('relay', { ...of(16), ranks: 8 })).toBe(3);
  });

  it('goes by the largest size that it has seen, and does not take latency for bandwidth', () => {
    const pacing = new Pacing(1000, 3, [row('relay', 'allreduce', 4, 8, [20_000])]);
    expect(pacing.roundsFor('relay', { ...of(1), bytes: 65_536 })).toBe(3);
    pacing.learn([known]);
    pacing.learn([row('relay', 'allreduce', 4, 1024, [1])]);
    expect(pacing.roundsFor('relay', of(16))).toBe(0);
  });
});
