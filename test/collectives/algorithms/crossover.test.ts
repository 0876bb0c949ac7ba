import { describe, expect, it } from 'vitest';
import { choose, crossover, parseCrossover } from '../../../collectives/algorithms/crossover.js';

describe('the crossover table', () => {
  it('gives the first rule that fits', () => {
    const rules = [
      { algorithm: 'a', maxBytes: 10, maxWorldSize: 4 },
      { algorithm: 'b', maxWorldSize: 8 },
      { algorithm: 'c' },
    ] as const;
    const chosen = [choose(rules, 10, 4), choose(rules, 11, 4), choose(rules, 10, 5), choose(rules, 0, 9)];
    expect(chosen).toEqual(['a', 'b', 'b', 'c']);
  });

  it('changes from short to long algorithms as sizes grow', () => {
    for (const worldSize of [2, 4, 16, 64, 1000]) {
      expect(choose(crossover.allreduce, 8, worldSize)).toBe('tree');
      expect(choose(crossover.allreduce, 2 ** 26, worldSize)).not.toBe('tree');
      expect(choose(crossover.bcast, 8, worldSize)).toBe('binomial');
      expect(choose(crossover.bcast, 2 ** 26, worldSize)).toBe('chain');
    }
  });

  it('refuses algorithms that are not there, odd sizes, and a last rule that leaves something out', () => {
    const last = { ...crossover, scan: [{ algorithm: 'chain', maxBytes: 10 }] };
    expect(() => parseCrossover(last)).toThrow(/the last rule must fit every size/);
    expect(() => parseCrossover({ ...crossover, scan: [] })).toThrow(/the last rule/);
    expect(() => parseCrossover({ ...crossover, bcast: [{ algorithm: 'ring' }] })).toThrow(/binomial/);
    expect(() => parseCrossover({ ...crossover, pieceBytes: 12 })).toThrow(/pieceBytes/);
  });
});
