import { type Galaxy, nanomaggyZeroPoint } from './catalogue.js';
import type { KeyedRandom } from './keyedRandom.js';
import { type Morphology, pixelArcsec } from './morphology.js';
import { bands } from './photometry.js';
import { Seeing } from './seeing.js';
import { gridSide, sersicProfile, stampPixels } from './sersic.js';

/** What the telescope and the sky do in each band. */
const conditions = [
  { seeingArcsec: 1.5, skyNoise: 0.055, electronsPerNanomaggy: 150, calibrationMag: 0.03 },
  { seeingArcsec: 1.4, skyNoise: 0.0225, electronsPerNanomaggy: 850, calibrationMag: 0.015 },
  { seeingArcsec: 1.3, skyNoise: 0.033, electronsPerNanomaggy: 900, calibrationMag: 0.012 },
  { seeingArcsec: 1.24, skyNoise: 0.053, electronsPerNanomaggy: 700, calibrationMag: 0.012 },
  { seeingArcsec: 1.26, skyNoise: 0.2, electronsPerNanomaggy: 170, calibrationMag: 0.018 },
] as const;

/** Pixels of one stamp in one band. */
export const stampSize = stampPixels * stampPixels;

/** A point source, such as a star, in the stamp of a galaxy. */
export interface Neighbour {
  /** Place in pixels from the centre of the stamp. */
  readonly x: number;
  readonly y: number;
  /** Flux in each band, nanomaggies. */
  readonly flux: readonly number[];
}

/** Draws the neighbour that 15 % of the stamps have, unless it lands within 5 pixels of the galaxy. */
export function drawNeighbour(random: KeyedRandom): Neighbour | undefined {
  if (!random.chance(0.15)) return undefined;
  const x = random.uniform(-15, 15);
  const y = random.uniform(-15, 15);
  if (Math.hypot(x, y) < 5) return undefined;
  const flux = 10 ** (-0.4 * (random.uniform(17.5, 22.5) - nanomaggyZeroPoint));
  const colours = [random.uniform(0.1, 0.6), random.uniform(0.4, 0.9), 1, random.uniform(1, 1.6), random.uniform(1, 2)];
  return { x, y, flux: colours.map((colour) => colour * flux) };
}

/** Takes images and magnitudes of galaxies. */
export class Telescope {
  readonly #bulge = new Float64Array(gridSide * gridSide);
  readonly #disc = new Float64Array(gridSide * gridSide);
  readonly #light = new Float64Array(gridSide * gridSide);
  readonly #stamp = new Float64Array(stampSize);

  /**
   * Observes one galaxy in all bands.
   *
   * @param image receives a stamp a band, in nanomaggies a pixel.
   * @param magnitude receives one magnitude a band.
   */
  observe(
    galaxy: Galaxy,
    morphology: Morphology,
    neighbour: Neighbour | undefined,
    random: KeyedRandom,
    image: Float32Array,
    magnitude: Float32Array,
  ): void {
    sersicProfile(morphology.bulge, this.#bulge);
    sersicProfile(morphology.disc, this.#disc);
    const seeing = Math.min(Math.max(random.normal(1, 0.09), 0.78), 1.35);
    for (let band = 0; band < bands.length; band++) {
      this.#expose(galaxy, neighbour, band, seeing);
      this.#addNoise(band, random, image.subarray(band * stampSize, (band + 1) * stampSize));
      magnitude[band] = measureMagnitude(galaxy, morphology, band, random);
    }
  }

  #expose({ bulgeFlux, discFlux }: Galaxy, neighbour: Neighbour | undefined, band: number, seeing: number): void {
    const psf = new Seeing((conditions[band].seeingArcsec * seeing) / pixelArcsec);
    const light = this.#light;
    const bulge = this.#bulge;
    const disc = this.#disc;
    for (let i = 0; i < light.length; i++) light[i] = bulgeFlux[band] * bulge[i] + discFlux[band] * disc[i];
    psf.image(light, this.#stamp);
    if (neighbour) psf.addPointSource(neighbour.flux[band], neighbour.x, neighbour.y, this.#stamp);
  }

  /** Adds the noise of the sky and of the light itself; how bright the sky is differs from stamp to stamp. */
  #addNoise(band: number, random: KeyedRandom, into: Float32Array): void {
    const { skyNoise, electronsPerNanomaggy } = conditions[band];
    const skyVariance = skyNoise ** 2 * random.uniform(0.9, 1.15);
    for (let i = 0; i < stampSize; i++) {
      const light = this.#stamp[i];
      into[i] = random.normal(light, Math.sqrt(skyVariance + light / electronsPerNanomaggy));
    }
  }
}

/** The magnitude that a pipeline measures in an aperture around a galaxy. */
function measureMagnitude(galaxy: Galaxy, morphology: Morphology, band: number, random: KeyedRandom): number {
  const { skyNoise, electronsPerNanomaggy, calibrationMag } = conditions[band];
  const flux = galaxy.bulgeFlux[band] + galaxy.discFlux[band];
  const aperturePixels = Math.PI * (1.6 * Math.max(morphology.effectiveRadius, 1.2) + 2) ** 2;
  const deviation = Math.sqrt(0.5 * aperturePixels * skyNoise ** 2 + flux / electronsPerNanomaggy);
  const calibrated = flux * 10 ** (0.4 * random.normal(0, calibrationMag));
  const measured = Math.max(calibrated + random.normal(0, deviation), 0.02 * flux);
  return nanomaggyZeroPoint - 2.5 * Math.log10(measured);
}
