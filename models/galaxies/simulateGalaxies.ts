import type { Tensor } from '../../run/tensor.js';
import { Catalogue } from './catalogue.js';
import { KeyedRandom } from './keyedRandom.js';
import { drawMorphology } from './morphology.js';
import { drawNeighbour, stampSize, Telescope } from './observation.js';
import { bands } from './photometry.js';
import { stampPixels } from './sersic.js';

/** Which galaxies of which survey. */
export interface GalaxyRange {
  /** Names the survey: the same seed is the same survey. A non-negative safe integer. */
  readonly seed: number;
  /** Index of the first galaxy; 0 if left out. */
  readonly start?: number;
  readonly count: number;
}

/** Simulated galaxies, one a row. */
export interface SimulatedGalaxies {
  /** Index of the first one in the survey. */
  readonly start: number;
  /** float32 [N, 5, 32, 32]: stamps in u, g, r, i, z, nanomaggies a pixel of 0.396 arc seconds. */
  readonly image: Tensor;
  /** float32 [N, 5]: measured magnitudes in u, g, r, i, z. */
  readonly magnitude: Tensor;
  /** float32 [N]: true redshifts, 0.008 to 0.4. */
  readonly redshift: Tensor;
}

/**
 * Simulates galaxies `start` to `start + count` of a survey like SDSS. Galaxy i is the same whatever range it is asked for in,
 * so partitions may be made in any order and size.
 *
 * @example
 * ```ts
 * const { image, magnitude, redshift } = simulateGalaxies({ seed: 1, count: 250 });
 * ```
 */
export function simulateGalaxies(range: GalaxyRange): SimulatedGalaxies {
  const [galaxies] = simulateSurvey(range, Math.max(range.count, 1));
  return galaxies ?? tensorsOf(range.start ?? 0, 0);
}

/** Simulates a survey `chunk` galaxies at a time, in order, so that only one chunk is in memory. */
export function* simulateSurvey({ seed, start = 0, count }: GalaxyRange, chunk: number): Generator<SimulatedGalaxies> {
  for (const [name, value] of Object.entries({ seed, start, count }))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${name} must be an integer of 0 or more, found ${value}`);
  if (!Number.isSafeInteger(chunk) || chunk < 1) throw new RangeError(`chunk must be 1 or more, found ${chunk}`);
  const catalogue = new Catalogue();
  const telescope = new Telescope();
  for (let from = start; from < start + count; from += chunk) {
    const galaxies = tensorsOf(from, Math.min(chunk, start + count - from));
    for (let row = 0; row < galaxies.redshift.data.length; row++) {
      const galaxy = catalogue.draw(new KeyedRandom(seed, from + row, 'catalogue'));
      telescope.observe(
        galaxy,
        drawMorphology(galaxy, new KeyedRandom(seed, from + row, 'shape')),
        drawNeighbour(new KeyedRandom(seed, from + row, 'neighbour')),
        new KeyedRandom(seed, from + row, 'observation'),
        galaxies.image.data.subarray(row * bands.length * stampSize, (row + 1) * bands.length * stampSize),
        galaxies.magnitude.data.subarray(row * bands.length, (row + 1) * bands.length),
      );
      galaxies.redshift.data[row] = galaxy.redshift;
    }
    yield galaxies;
  }
}

interface Float32Tensor extends Tensor {
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

function tensorsOf(start: number, count: number) {
  const zeros = (...shape: number[]): Float32Tensor => ({
    dtype: 'float32',
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });
  return {
    start,
    image: zeros(count, bands.length, stampPixels, stampPixels),
    magnitude: zeros(count, bands.length),
    redshift: zeros(count),
  };
}
