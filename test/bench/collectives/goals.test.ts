import { describe, expect, it } from 'vitest';
import { bearsOnGoal, goalOutcomes } from '../../../bench/collectives/goals.js';
import { row } from './comparedRows.js';

const mib = 1_048_576;

describe('goals', () => {
  it('are judged by the median of the ratios within the rounds, not by the ratio of the medians', () => {
    const rows = [
      row('direct', 'allreduce', 4, 8, [10, 90, 20]),
      // The machine was three times slower in the second round, for both.
      row('openmpi', 'allreduce', 4, 8, [5, 45, 5]),
    ];
    expect(goalOutcomes(rows)).toEqual([
      { goal: expect.objectContaining({ of: 'direct', over: 'openmpi', atMost: 2 }), bytes: 8, ratio: 2, isMet: true },
    ]);
  });

  it('are missed by the smallest excess', () => {
    const rows = [row('direct', 'barrier', 4, 0, [3.01]), row('openmpi', 'barrier', 4, 0, [1])];
    expect(goalOutcomes(rows)).toMatchObject([{ bytes: 0, ratio: 3.01, isMet: false }]);
  });

  it('hold for each size in their range, the smallest first, and for no other', () => {
    const sizes = [64 * mib, 8 * mib, 16 * mib, mib, 2 * mib];
    const rows = sizes.flatMap((bytes) => [
      row('direct', 'allreduce', 4, bytes, [1]),
      row('openmpi', 'allreduce', 4, bytes, [1]),
    ]);
    expect(goalOutcomes(rows).map(({ bytes, goal }) => [bytes / mib, goal.atMost])).toEqual([
      [1, 1],
      [16, 0.8],
      [64, 0.8],
    ]);
  });

  it('compare the relay with the Redis method and with a bare relay, and two ranks with OpenMPI', () => {
    const rows = [
      row('relay', 'allreduce', 4, mib, [1]),
      row('redis', 'allreduce', 4, mib, [5]),
      row('relay', 'latency', 2, 8, [1.2]),
      row('tcp-relay', 'latency', 2, 8, [1]),
      row('direct', 'allreduce', 2, 1024, [1.4]),
      row('openmpi', 'allreduce', 2, 1024, [1]),
    ];
    const outcomes = goalOutcomes(rows).map(({ goal, isMet }) => [goal.of, goal.over, isMet]);
    expect(outcomes).toEqual([
      ['direct', 'openmpi', true],
      ['relay', 'redis', true],
      ['relay', 'tcp-relay', true],
    ]);
  });

  it('say nothing where one of the two was not measured', () => {
    expect(goalOutcomes([row('direct', 'barrier', 4, 0, [1])])).toEqual([]);
  });

  it('know which cases they are about', () => {
    expect(bearsOnGoal({ operation: 'bcast', ranks: 4, bytes: 16 * mib })).toBe(true);
    expect(bearsOnGoal({ operation: 'bcast', ranks: 4, bytes: 8 })).toBe(false);
    expect(bearsOnGoal({ operation: 'bcast', ranks: 8, bytes: 16 * mib })).toBe(false);
  });
});
