import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dealPartitions } from '../../run/dealing.js';

/** The rule as CosmicAI states it, over a list of files. */
function dealByTheRule(files: readonly number[], worldSize: number): number[][] {
  const left = [...files];
  return Array.from({ length: worldSize }, (_, rank) => left.splice(0, Math.ceil(left.length / (worldSize - rank))));
}

describe('dealPartitions', () => {
  const counts = fc.nat(2000);
  const worldSizes = fc.integer({ min: 1, max: 300 });

  it('deals by the CosmicAI rule', () => {
    fc.assert(
      fc.property(counts, worldSizes, (count, worldSize) => {
        const files = Array.from({ length: count }, (_, index) => index);
        const dealt = dealPartitions(count, worldSize).map((share) =>
          files.slice(share.start, share.start + share.count),
        );
        expect(dealt).toEqual(dealByTheRule(files, worldSize));
      }),
    );
  });

  it('deals each partition once, in order, in shares that differ by one at most and never grow', () => {
    fc.assert(
      fc.property(counts, worldSizes, (count, worldSize) => {
        const shares = dealPartitions(count, worldSize);
        expect(shares).toHaveLength(worldSize);
        let next = 0;
        for (const share of shares) {
          expect(share.start).toBe(next);
          next += share.count;
        }
        expect(next).toBe(count);
        const sizes = shares.map((share) => share.count);
        expect(sizes).toEqual([...sizes].sort((left, right) => right - left));
        expect(sizes[0] - sizes[worldSize - 1]).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('leaves the ranks past the last partition without any', () => {
    expect(dealPartitions(2, 4)).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 1 },
      { start: 2, count: 0 },
      { start: 2, count: 0 },
    ]);
  });

  it.each([
    [-1, 1],
    [1.5, 1],
    [Number.NaN, 1],
    [1, 0],
    [1, -2],
    [1, 1.5],
  ])('refuses %d partitions for %d ranks', (count, worldSize) => {
    expect(() => dealPartitions(count, worldSize)).toThrow(RangeError);
  });
});
