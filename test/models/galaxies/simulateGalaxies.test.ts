import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Catalogue, nanomaggyZeroPoint } from '../../../models/galaxies/catalogue.js';
import { KeyedRandom } from '../../../models/galaxies/keyedRandom.js';
import { type SimulatedGalaxies, simulateGalaxies, simulateSurvey } from '../../../models/galaxies/simulateGalaxies.js';
import { createInferenceSession } from '../../../models/inferenceSession.js';
import { redshiftModelPath } from '../smallSurvey.js';

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}

describe('simulateGalaxies', () => {
  it('makes the same galaxy on every machine', () => {
    const { redshift, magnitude, image } = simulateGalaxies({ seed: 20_240_607, start: 41, count: 1 });
    expect(redshift.data[0]).toBeCloseTo(0.233_985_98, 6);
    [20.616_442, 19.228_891, 17.934_213, 17.467_785, 17.160_593].forEach((expected, band) => {
      expect(magnitude.data[band]).toBeCloseTo(expected, 4);
    });
    for (const [pixel, expected] of [
      [0, -0.154_620_38],
      [495, 0.019_135_827],
      [2576, 1.126_006],
      [5119, -0.067_053_877],
    ])
      expect(image.data[pixel]).toBeCloseTo(expected, 5);
  });

  it('makes the same galaxies in one piece and in any partition', () => {
    const count = 12;
    const whole = simulateGalaxies({ seed: 5, count });
    const anyPartition = fc.record({ start: fc.nat(count), chunk: fc.integer({ min: 1, max: count + 1 }) });
    fc.assert(
      fc.property(anyPartition, ({ start, chunk }) => {
        let next = start;
        for (const part of simulateSurvey({ seed: 5, start, count: count - start }, chunk)) {
          const rows = part.redshift.shape[0];
          expect(part.start).toBe(next);
          expect(part.redshift.data).toEqual(whole.redshift.data.subarray(next, next + rows));
          expect(part.magnitude.data).toEqual(whole.magnitude.data.subarray(next * 5, (next + rows) * 5));
          expect(part.image.data).toEqual(whole.image.data.subarray(next * 5120, (next + rows) * 5120));
          next += rows;
        }
        expect(next).toBe(count);
      }),
      { numRuns: 10 },
    );
  });

  it('makes other galaxies from another seed', () => {
    expect(simulateGalaxies({ seed: 6, count: 3 }).image.data).not.toEqual(
      simulateGalaxies({ seed: 5, count: 3 }).image.data,
    );
  });

  it('makes none when asked for none, and refuses what is no count', () => {
    expect(simulateGalaxies({ seed: 1, count: 0 }).image.shape).toEqual([0, 5, 32, 32]);
    for (const range of [
      { seed: -1, count: 1 },
      { seed: 1, count: 1.5 },
      { seed: 1, start: Number.NaN, count: 1 },
    ])
      expect(() => simulateGalaxies(range)).toThrow(RangeError);
    expect(() => [...simulateSurvey({ seed: 1, count: 1 }, 0)]).toThrow(RangeError);
  });
});

describe('the catalogue', () => {
  /*
   * Quantiles of 60,000 galaxies of the NumPy simulator that the shipped model was trained on, at 5, 25, 50, 75 and 95 %;
   * with 20,000 drawn here, four standard errors are 0.004 in redshift and 0.08 in magnitude where galaxies are rare.
   */
  const shares = [0.05, 0.25, 0.5, 0.75, 0.95];
  const reference = {
    redshift: [0.0291, 0.0651, 0.1207, 0.2503, 0.3447],
    magnitude: [
      [16.749, 18.475, 19.66, 21.07, 22.654],
      [15.361, 17.1, 18.177, 19.384, 20.991],
      [14.684, 16.36, 17.319, 17.978, 19.072],
      [14.318, 15.962, 16.901, 17.537, 18.551],
      [14.039, 15.672, 16.597, 17.224, 18.14],
    ],
  };

  it('is distributed as that of the training survey', () => {
    const catalogue = new Catalogue();
    const galaxies = Array.from({ length: 20_000 }, (_, i) => catalogue.draw(new KeyedRandom(3, i, 'catalogue')));
    const redshifts = galaxies.map(({ redshift }) => redshift);
    shares.forEach((share, i) => {
      expect(Math.abs(quantile(redshifts, share) - reference.redshift[i])).toBeLessThan(0.004);
    });
    reference.magnitude.forEach((expected, band) => {
      const magnitudes = galaxies.map(
        ({ bulgeFlux, discFlux }) => nanomaggyZeroPoint - 2.5 * Math.log10(bulgeFlux[band] + discFlux[band]),
      );
      shares.forEach((share, i) => {
        expect(Math.abs(quantile(magnitudes, share) - expected[i])).toBeLessThan(0.08);
      });
    });
  });
});

describe('a simulated survey', () => {
  const count = 600;
  let survey: SimulatedGalaxies;
  beforeAll(() => {
    survey = simulateGalaxies({ seed: 11, count });
  });

  it('lies in the ranges of the real one', () => {
    const redshifts = Array.from(survey.redshift.data, Number);
    expect(Math.min(...redshifts)).toBeGreaterThan(0.008);
    expect(Math.max(...redshifts)).toBeLessThan(0.4);
    for (let i = 0; i < count; i++) {
      expect(survey.magnitude.data[i * 5 + 2]).toBeGreaterThan(13.5);
      expect(survey.magnitude.data[i * 5 + 2]).toBeLessThan(20);
    }
    expect(Array.from(survey.image.data, Number).every(Number.isFinite)).toBe(true);
  });

  it('has the sky noise of each band where there is no galaxy', () => {
    [0.055, 0.0225, 0.033, 0.053, 0.2].forEach((noise, band) => {
      const corners = Array.from({ length: count }, (_, i) => Number(survey.image.data[(i * 5 + band) * 1024]));
      const half = (quantile(corners, 0.5) - quantile(corners, 0.16)) / noise;
      expect(half).toBeGreaterThan(0.85);
      expect(half).toBeLessThan(1.25);
    });
  });

  it('is what the shipped model is good at', async () => {
    const session = await createInferenceSession({ model: redshiftModelPath, modelName: 'redshift', workers: 2 });
    const outputs = await session.run({ image: survey.image, magnitude: survey.magnitude });
    await session.close();
    const truth = Array.from(survey.redshift.data, Number);
    const errors = truth.map((redshift, i) => Number(outputs.redshift.data[i]) - redshift);
    const meanSquare = mean(errors.map((error) => error ** 2));
    const centre = mean(truth);
    const variance = mean(truth.map((redshift) => (redshift - centre) ** 2));
    expect(mean(errors.map(Math.abs))).toBeLessThan(0.0105);
    expect(Math.abs(mean(errors))).toBeLessThan(0.004);
    expect(1 - meanSquare / variance).toBeGreaterThan(0.98);
  });
});
