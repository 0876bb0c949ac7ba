import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centralRange, densityOf, finitePairs, residualBins, scaledErrors } from '../../report/predictionGrid.js';
import { simulatePairs } from './simulatedRun.js';

const range = { from: 0, to: 1 };

describe('densityOf', () => {
  it('counts every point once, in a cell or outside', () => {
    const points = fc.array(fc.tuple(fc.float({ min: -1, max: 2 }), fc.float({ min: -1, max: 2 })));
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 20 }), (all, cells) => {
        const xs = all.map(([x]) => x);
        const ys = all.map(([, y]) => y);
        const { counts, outside } = densityOf(xs, ys, range, range, cells);
        expect(counts.reduce((sum, count) => sum + count, 0) + outside).toBe(all.length);
      }),
    );
  });

  it('puts points where they belong, both ends within', () => {
    const { counts, outside } = densityOf([0, 0.9, 1, 1.01, Number.NaN], [0, 0.1, 1, 0, 0], range, range, 2);
    expect([...counts]).toEqual([1, 1, 0, 1]);
    expect(outside).toBe(2);
  });
});

it('leaves out samples that are not finite', () => {
  const pairs = { predicted: Float32Array.of(1, Number.NaN, 3, 4), truth: Float32Array.of(1, 2, Infinity, 5) };
  expect(finitePairs(pairs)).toEqual({ predicted: Float32Array.of(1, 4), truth: Float32Array.of(1, 5) });
});

it('finds a range that one wild value does not stretch, and one for a single value', () => {
  const values = Float32Array.from({ length: 5000 }, (_, index) => index / 5000);
  values[77] = 1e6;
  const { from, to } = centralRange(values);
  expect(from).toBeCloseTo(-0.03, 1);
  expect(to).toBeCloseTo(1.03, 1);
  const single = centralRange(Float32Array.of(2));
  expect(single.from).toBeLessThan(2);
  expect(single.to).toBeGreaterThan(2);
});

it('states median and spread of the scaled errors by true value', () => {
  const pairs = { predicted: Float32Array.of(0.2, 0.3, 0.4, 3), truth: Float32Array.of(0, 0, 0, 3) };
  const bins = residualBins(pairs, scaledErrors(pairs), { from: 0, to: 4 }, 4);
  expect(bins.map(({ from, to, count }) => [from, to, count])).toEqual([
    [0, 1, 3],
    [3, 4, 1],
  ]);
  expect(bins[0].median).toBeCloseTo(0.3, 6);
  expect(bins[0].meanPredicted).toBeCloseTo(0.3, 6);
  expect(bins[0].low).toBeLessThan(bins[0].median);
  expect(bins[1]).toMatchObject({ median: 0, low: 0, high: 0, meanPredicted: 3 });
});

it('counts every simulated sample in some bin when the range holds all', () => {
  const pairs = simulatePairs(1000);
  const bins = residualBins(pairs, scaledErrors(pairs), { from: 0, to: 10 }, 7);
  expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
});
