import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, repeatsOf } from '../../sweep/statistics.js';

/** P(Binomial(n, 1/2) < k). */
function below(n: number, k: number): number {
  let sum = 0;
  let term = 2 ** -n;
  for (let j = 0; j < k; j++) {
    sum += term;
    term *= (n - j) / (j + 1);
  }
  return sum;
}

describe('repeatsOf', () => {
  it('gives median and extremes', () => {
    expect(repeatsOf([3, 1, 2])).toMatchObject({ n: 3, median: 2, min: 1, max: 3 });
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('has no interval for one repeat, nor for logarithms that do not exist', () => {
    expect(repeatsOf([5]).interval).toBeNull();
    expect(repeatsOf([0, 1, 2]).interval).toBeNull();
  });

  it('takes Student’s t of the logarithms for a few repeats', () => {
    // Logarithms 0, 1, 2: mean 1, deviation 1, t(2) = 4.30265, half width 4.30265 / sqrt(3) = 2.48414.
    const { interval } = repeatsOf([1, Math.E, Math.E ** 2]);
    expect(interval?.method).toBe('t of logarithms');
    expect(Math.log(interval?.low ?? 0)).toBeCloseTo(1 - 2.48414, 4);
    expect(Math.log(interval?.high ?? 0)).toBeCloseTo(1 + 2.48414, 4);
  });

  it.each([
    // The published ranks of the 95 % interval of a median (Conover, Practical Nonparametric Statistics, table of the sign test).
    [6, 1],
    [8, 1],
    [9, 2],
    [10, 2],
    [15, 4],
    [20, 6],
    [25, 8],
  ])('takes the ordered values of %i repeats that are %i from the ends', (n, k) => {
    const values = Array.from({ length: n }, (_, index) => index + 1);
    expect(repeatsOf(values).interval).toEqual({ low: k, high: n - k + 1, method: 'order statistics' });
  });

  it('covers at least 95 % by order statistics, and no narrower interval does', () => {
    for (let n = 6; n <= 200; n++) {
      const { interval } = repeatsOf(Array.from({ length: n }, (_, index) => index + 1));
      const k = interval?.low ?? 0;
      expect(2 * below(n, k)).toBeLessThanOrEqual(0.05);
      expect(2 * below(n, k + 1)).toBeGreaterThan(0.05);
    }
  });

  it('holds the median within its interval, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 }),
        (values) => {
          const { interval, median: middle, min, max } = repeatsOf(values);
          expect(repeatsOf([...values].reverse())).toEqual(repeatsOf(values));
          expect(min).toBeLessThanOrEqual(middle);
          expect(max).toBeGreaterThanOrEqual(middle);
          expect((interval?.low ?? 0) * (1 - 1e-9)).toBeLessThanOrEqual(middle);
          expect((interval?.high ?? 0) * (1 + 1e-9)).toBeGreaterThanOrEqual(middle);
        },
      ),
    );
  });

  it('refuses what is no figure', () => {
    expect(() => repeatsOf([1, Number.NaN])).toThrow(RangeError);
    expect(() => repeatsOf([])).toThrow(RangeError);
  });
});
