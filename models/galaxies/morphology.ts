import type { Galaxy } from './catalogue.js';
import { angularDiameterDistanceMpc } from './cosmology.js';
import type { KeyedRandom } from './keyedRandom.js';
import type { SersicShape } from './sersic.js';

/** Side of a pixel on the sky, in arc seconds: that of the SDSS camera. */
export const pixelArcsec = 0.396;
const arcsecPerRadian = 206_265;

/** How a galaxy looks on the sky; lengths in pixels. */
export interface Morphology {
  readonly effectiveRadius: number;
  readonly bulge: SersicShape;
  readonly disc: SersicShape;
}

const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Draws the shape of a galaxy: brighter ones are larger, older ones more concentrated. */
export function drawMorphology(galaxy: Galaxy, random: KeyedRandom): Morphology {
  const { absoluteMagnitude, age, bulgeShare, redshift } = galaxy;
  const radiusKpc = 10 ** (0.66 + 0.198 * (-absoluteMagnitude - 21) + random.normal(0, 0.13) - 0.05 * age);
  const radiusRadian = radiusKpc / (angularDiameterDistanceMpc(redshift) * 1e3);
  const effectiveRadius = (radiusRadian * arcsecPerRadian) / pixelArcsec;
  const placed = {
    positionAngle: random.uniform(0, Math.PI),
    dx: random.normal(0, 0.4),
    dy: random.normal(0, 0.4),
  };
  return {
    effectiveRadius,
    bulge: {
      ...placed,
      radius: clip(effectiveRadius * (0.25 + 0.65 * bulgeShare), 0.3, 12),
      index: clip(2.2 + 1.9 * age + random.normal(0, 0.4), 1.2, 5),
      axisRatio: random.uniform(0.6, 1),
    },
    disc: {
      ...placed,
      radius: clip(effectiveRadius * 1.15, 0.4, 14),
      index: 1,
      axisRatio: random.uniform(0.25, 1),
    },
  };
}
