import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histogram, quantile, roundStep } from '../../report/distribution.js';

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile([1, 2, 4, 8, 16], share))).toEqual([1, 2, 4, 12.8, 16]);
    expect(quantile([7], 0.3)).toBe(7);
  });
});

describe('histogram', () => {
  const values = fc.array(
    fc.integer({ min: -100_000, max: 100_000 }).map((hundredths) => hundredths / 100),
    {
      minLength: 1,
    },
  );

  it('counts every value once, in the bin that holds it', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), (numbers, parts) => {
        const bins = histogram(numbers, parts);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(numbers.length);
        expect(bins[0].count).toBeGreaterThan(0);
        expect(bins[bins.length - 1].count).toBeGreaterThan(0);
        expect(bins.length).toBeLessThanOrEqual(parts + 2);
        expect(bins[0].from).toBeLessThanOrEqual(Math.min(...numbers) + 1e-9);
        expect(bins[bins.length - 1].to).toBeGreaterThanOrEqual(Math.max(...numbers) - 1e-9);
      }),
    );
  });

  it('has round edges', () => {
    expect(histogram([1, 2, 9], 4)).toEqual([
      { from: 0, to: 2, count: 1 },
      { from: 2, to: 4, count: 1 },
      { from: 4, to: 6, count: 0 },
      { from: 6, to: 8, count: 0 },
      { from: 8, to: 10, count: 1 },
    ]);
    expect(histogram([600, 690], 40, 4000).map(({ from, count }) => [from, count])).toEqual([[600, 2]]);
    expect([0.7, 1, 13, 24, 6000].map((range) => roundStep(range, 10))).toEqual([0.1, 0.1, 2, 2.5, 1000]);
  });

  it('is one bin when all values are equal, zero too', () => {
    expect(histogram([5, 5, 5], 10).map(({ count }) => count)).toEqual([3]);
    expect(histogram([0, 0], 10).map(({ count }) => count)).toEqual([2]);
  });
});
