import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  angularDiameterDistanceMpc,
  distanceModulus,
  luminosityDistanceMpc,
} from '../../../models/galaxies/cosmology.js';
import { PopulationPhotometry } from '../../../models/galaxies/photometry.js';
import { Seeing } from '../../../models/galaxies/seeing.js';
import { gridSide, oversampling, sersicProfile, stampPixels } from '../../../models/galaxies/sersic.js';
import { spectralFlux } from '../../../models/galaxies/spectra.js';

describe('cosmology', () => {
  // by scipy.integrate.quad of c / H(z)
  it.each([
    { z: 0.1, luminosity: 460.2999, angular: 380.4132 },
    { z: 0.3, luminosity: 1552.7159, angular: 918.7668 },
    { z: 0.5, luminosity: 2832.9381, angular: 1259.0836 },
  ])('has the distances of redshift $z', ({ z, luminosity, angular }) => {
    expect(luminosityDistanceMpc(z)).toBeCloseTo(luminosity, 2);
    expect(angularDiameterDistanceMpc(z)).toBeCloseTo(angular, 2);
    expect(distanceModulus(z)).toBeCloseTo(5 * Math.log10(luminosity) + 25, 4);
  });
});

describe('photometry', () => {
  const fluxes = (population: 'old' | 'intermediate' | 'young', redshift: number, reddening = 0) => {
    const into = new Float64Array(5);
    PopulationPhotometry.of(population).addFluxes(redshift, reddening, 1, into);
    return into;
  };
  const colour = (flux: Float64Array, band: number) => -2.5 * Math.log10(flux[band] / flux[band + 1]);

  it('is normalised to the r band of a near galaxy without dust', () => {
    for (const population of ['old', 'intermediate', 'young'] as const) {
      expect(spectralFlux(population, 5500)).toBe(1);
      expect(fluxes(population, 0)[2]).toBeCloseTo(1, 12);
    }
  });

  it('sees the break of old stars pass from g - r to r - i as redshift grows', () => {
    expect(colour(fluxes('old', 0.3), 1)).toBeGreaterThan(colour(fluxes('old', 0.05), 1) + 0.4);
    expect(colour(fluxes('old', 0.4), 2)).toBeGreaterThan(colour(fluxes('old', 0.2), 2));
  });

  it('is bluer for younger stars and redder with dust', () => {
    expect(colour(fluxes('young', 0.1), 0)).toBeLessThan(colour(fluxes('intermediate', 0.1), 0));
    expect(colour(fluxes('intermediate', 0.1), 0)).toBeLessThan(colour(fluxes('old', 0.1), 0));
    for (let band = 0; band < 4; band++)
      expect(colour(fluxes('young', 0.2, 0.3), band)).toBeGreaterThan(colour(fluxes('young', 0.2), band));
  });

  it('is smooth between the points of its grids', () => {
    const place = fc.record({
      z: fc.double({ min: 0, max: 0.399, noNaN: true }),
      e: fc.double({ min: 0, max: 0.54, noNaN: true }),
    });
    fc.assert(
      fc.property(place, ({ z, e }) => {
        const here = fluxes('young', z, e);
        const near = fluxes('young', z + 1e-4, e + 1e-4);
        for (let band = 0; band < 5; band++) expect(Math.abs(near[band] / here[band] - 1)).toBeLessThan(0.01);
      }),
    );
  });
});

describe('light on the sky', () => {
  const grid = () => new Float64Array(gridSide * gridSide);
  const stamp = () => new Float64Array(stampPixels * stampPixels);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const shape = { radius: 4, index: 1, axisRatio: 1, positionAngle: 0, dx: 0, dy: 0 };

  it('has half of a profile within its half-light radius', () => {
    for (const index of [1, 1.5]) {
      const profile = grid();
      sersicProfile({ ...shape, index }, profile);
      expect(sum(profile)).toBeCloseTo(1, 10);
      const centre = (gridSide - 1) / 2;
      const within = profile.filter(
        (_, i) => Math.hypot((i % gridSide) - centre, Math.floor(i / gridSide) - centre) < 4 * oversampling,
      );
      expect(Math.abs(sum(within) - 0.5)).toBeLessThan(0.03);
    }
  });

  it('keeps a compact galaxy whole and in its place', () => {
    const profile = grid();
    sersicProfile({ ...shape, radius: 1, dx: 2, dy: -3, axisRatio: 0.7, positionAngle: 1 }, profile);
    const image = stamp();
    new Seeing(3).image(profile, image);
    expect(sum(image)).toBeCloseTo(1, 4);
    const centre = (stampPixels - 1) / 2;
    const first = (place: (i: number) => number) => sum(image.map((light, i) => light * (place(i) - centre)));
    expect(first((i) => i % stampPixels)).toBeCloseTo(2, 2);
    expect(first((i) => Math.floor(i / stampPixels))).toBeCloseTo(-3, 2);
  });

  it('blurs one sub-pixel as it draws a point source there', () => {
    const subPixel = fc.integer({ min: 20, max: 75 });
    fc.assert(
      fc.property(subPixel, subPixel, fc.double({ min: 2.5, max: 4.5, noNaN: true }), (row, column, fwhm) => {
        const light = grid();
        light[row * gridSide + column] = 1;
        const [blurred, drawn] = [stamp(), stamp()];
        const seeing = new Seeing(fwhm);
        seeing.image(light, blurred);
        const place = (at: number) => (at - (gridSide - 1) / 2) / oversampling;
        seeing.addPointSource(1, place(column), place(row), drawn);
        for (let i = 0; i < drawn.length; i++) expect(Math.abs(blurred[i] - drawn[i])).toBeLessThan(1e-4);
      }),
      { numRuns: 30 },
    );
  });
});
