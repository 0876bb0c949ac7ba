import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQualitySums,
  emptyQualitySums,
  outlierThreshold,
  qualityFromVector,
  qualityOf,
  qualityVector,
  qualityVectorLength,
  sumQuality,
} from '../../run/quality.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** The textbook formulas, each with its own pass over the samples. */
function naiveQuality(pairs: readonly (readonly [number, number])[]) {
  const errors = pairs.map(([predicted, truth]) => predicted - truth);
  const scaled = pairs.map(([predicted, truth]) => (predicted - truth) / (1 + truth));
  const truths = pairs.map(([, truth]) => truth);
  const centre = median(scaled);
  const total = truths.reduce((sum, truth) => sum + (truth - mean(truths)) ** 2, 0);
  return {
    count: pairs.length,
    mae: mean(errors.map(Math.abs)),
    mse: mean(errors.map((error) => error ** 2)),
    bias: mean(scaled),
    nmad: 1.4826 * median(scaled.map((value) => Math.abs(value - centre))),
    outlierFraction: scaled.filter((value) => Math.abs(value) > outlierThreshold).length / pairs.length,
    r2: 1 - errors.reduce((sum, error) => sum + error ** 2, 0) / total,
  };
}

/** Six decimals: squares of subnormal numbers would lose all their digits. */
const redshift = fc.integer({ min: 0, max: 6_000_000 }).map((millionths) => millionths / 1e6);
const pairsOf = (minLength: number) => fc.array(fc.tuple(redshift, redshift), { minLength, maxLength: 60 });
const predictedOf = (pairs: readonly (readonly [number, number])[]) => pairs.map(([predicted]) => predicted);
const truthOf = (pairs: readonly (readonly [number, number])[]) => pairs.map(([, truth]) => truth);

describe('quality', () => {
  it('equals the textbook formulas', () => {
    fc.assert(
      fc.property(pairsOf(2), (pairs) => {
        fc.pre(Math.max(...truthOf(pairs)) - Math.min(...truthOf(pairs)) > 0.01);
        const scaled = Float64Array.from(pairs, ([predicted, truth]) => (predicted - truth) / (1 + truth));
        const quality = qualityOf(sumQuality(predictedOf(pairs), truthOf(pairs)), scaled);
        const naive = naiveQuality(pairs);
        expect(quality).toBeDefined();
        for (const name of ['count', 'mae', 'mse', 'bias', 'nmad', 'outlierFraction'] as const) {
          expect(quality?.[name]).toBeCloseTo(naive[name], 9);
        }
        expect((quality?.r2 ?? Number.NaN) / naive.r2).toBeCloseTo(1, 6);
      }),
    );
  });

  it('is the same for samples whole and in parts', () => {
    fc.assert(
      fc.property(pairsOf(0), pairsOf(0), (one, other) => {
        const both = [...one, ...other];
        const parts = [one, other].map((pairs) => sumQuality(predictedOf(pairs), truthOf(pairs)));
        const sums = qualityVector(addQualitySums(parts));
        qualityVector(sumQuality(predictedOf(both), truthOf(both))).forEach((figure, index) => {
          expect(sums[index]).toBeCloseTo(figure, 8);
        });
      }),
    );
  });

  it('has no NMAD from sums alone, and is undefined without samples', () => {
    expect(qualityOf(sumQuality([1, 2], [1, 3]))).toMatchObject({ count: 2, mae: 0.5, mse: 0.5, nmad: null });
    expect(qualityOf(emptyQualitySums)).toBeUndefined();
    expect(addQualitySums([])).toEqual(emptyQualitySums);
  });

  it('has no R2 when all true values are equal, whatever rounding leaves', () => {
    fc.assert(
      fc.property(redshift, fc.array(redshift, { minLength: 1, maxLength: 300 }), (truth, predicted) => {
        expect(
          qualityOf(
            sumQuality(
              predicted,
              predicted.map(() => truth),
            ),
          )?.r2,
        ).toBeNull();
      }),
    );
  });

  it('leaves out samples that are not finite or have no scaled error, so sums are always finite', () => {
    const predicted = [Number.NaN, Number.POSITIVE_INFINITY, 1, 1, 0.5, 1e200, 0.5];
    const truth = [1, 1, Number.NaN, Number.NEGATIVE_INFINITY, -1, 1, 0.25];
    expect(sumQuality(predicted, truth)).toEqual({
      count: 1,
      absoluteError: 0.25,
      squaredError: 0.0625,
      scaledError: 0.2,
      outliers: 1,
      truth: 0.25,
      squaredTruth: 0.0625,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.double())), (pairs) => {
        const { count } = sumQuality(predictedOf(pairs), truthOf(pairs));
        expect(count).toBeLessThanOrEqual(pairs.length);
        for (const [predictedValue, truthValue] of pairs) {
          expect(qualityVector(sumQuality([predictedValue], [truthValue])).every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });

  it('travels as a vector and comes back', () => {
    const sums = sumQuality([1, 2, 2.5], [1.1, 1.9, 3]);
    expect(qualityVector(sums)).toHaveLength(qualityVectorLength);
    expect(qualityFromVector(qualityVector(sums))).toEqual(sums);
  });
});
