import { distanceModulus } from './cosmology.js';
import type { KeyedRandom } from './keyedRandom.js';
import { type BandFluxes, bands, PopulationPhotometry } from './photometry.js';

/** A galaxy as it is, before a telescope sees it. */
export interface Galaxy {
  readonly redshift: number;
  /** Absolute r magnitude. */
  readonly absoluteMagnitude: number;
  /** 0 for a young blue galaxy to 1 for an old red one. */
  readonly age: number;
  /** E(B-V) in magnitudes. */
  readonly reddening: number;
  /** Share of the light that comes from the bulge, before dust and redshift. */
  readonly bulgeShare: number;
  /** Flux of the bulge in each band, nanomaggies. */
  readonly bulgeFlux: BandFluxes;
  /** Flux of the disc in each band, nanomaggies. */
  readonly discFlux: BandFluxes;
}

/** Magnitude of a flux of one nanomaggy. */
export const nanomaggyZeroPoint = 22.5;

/** Share of the candidates that are luminous red galaxies, the far sample of the survey. */
const luminousRedShare = 0.1;

const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/**
 * Draws the galaxies that a spectroscopic survey like SDSS selects: a main sample, limited in apparent r magnitude, and
 * luminous red galaxies around redshift 0.3.
 */
export class Catalogue {
  readonly #old = PopulationPhotometry.of('old');
  readonly #intermediate = PopulationPhotometry.of('intermediate');
  readonly #young = PopulationPhotometry.of('young');

  /** Draws candidates until the survey selects one. */
  draw(random: KeyedRandom): Galaxy {
    for (;;) {
      const luminousRed = random.chance(luminousRedShare);
      const galaxy = this.#candidate(random, luminousRed);
      if (isSelected(galaxy, luminousRed, random)) return galaxy;
    }
  }

  #candidate(random: KeyedRandom, luminousRed: boolean): Galaxy {
    const redshift = luminousRed ? clip(random.normal(0.29, 0.075), 0.1, 0.4) : 0.4 * random.uniform() ** 0.75;
    const absoluteMagnitude = luminousRed ? random.normal(-22.75, 0.4) : -19.6 - random.gamma(2.2, 0.6);
    const age = luminousRed ? random.beta(14, 1.1) : mainSampleAge(random, absoluteMagnitude);
    const reddening = clip(random.exponential(age > 0.75 ? 0.02 : 0.11), 0, 0.55);
    const bulgeShare = clip(0.1 + 0.8 * age + random.normal(0, 0.15), 0, 1);
    return {
      redshift,
      absoluteMagnitude,
      age,
      reddening,
      bulgeShare,
      ...this.#fluxes(redshift, absoluteMagnitude, age, reddening, bulgeShare),
    };
  }

  /** The bulge is of old and intermediate stars, the disc of all three kinds. */
  #fluxes(redshift: number, absoluteMagnitude: number, age: number, reddening: number, bulgeShare: number) {
    const unit = 10 ** (-0.4 * (absoluteMagnitude + distanceModulus(redshift) - nanomaggyZeroPoint));
    const bulgeFlux = new Float64Array(bands.length);
    const discFlux = new Float64Array(bands.length);
    const oldInBulge = clip(0.55 + 0.5 * age, 0, 1);
    const bulge = unit * bulgeShare;
    this.#old.addFluxes(redshift, reddening, bulge * oldInBulge, bulgeFlux);
    this.#intermediate.addFluxes(redshift, reddening, bulge * (1 - oldInBulge), bulgeFlux);
    const agedDisc = clip(1.15 * age - 0.25, 0, 1);
    const disc = unit * (1 - bulgeShare);
    this.#old.addFluxes(redshift, reddening, disc * 0.55 * agedDisc, discFlux);
    this.#intermediate.addFluxes(redshift, reddening, disc * 0.45, discFlux);
    this.#young.addFluxes(redshift, reddening, disc * 0.55 * (1 - agedDisc), discFlux);
    return { bulgeFlux, discFlux };
  }
}

/** Bright galaxies are mostly old, faint ones mostly young. */
function mainSampleAge(random: KeyedRandom, absoluteMagnitude: number): number {
  const redness = 1 / (1 + Math.exp(-((-absoluteMagnitude - 21) * 0.9 + random.normal(0, 1.2))));
  return random.chance(redness * 0.85) ? random.beta(9, 1.6) : random.beta(1.7, 3.2);
}

/** The survey's limits in redshift and r magnitude; that of the main sample is not sharp. */
function isSelected({ redshift, bulgeFlux, discFlux }: Galaxy, luminousRed: boolean, random: KeyedRandom): boolean {
  const limit = luminousRed ? 19.5 : 17.9 + random.normal(0, 0.15);
  const magnitude = nanomaggyZeroPoint - 2.5 * Math.log10(bulgeFlux[2] + discFlux[2]);
  return redshift > 0.008 && redshift < 0.4 && magnitude > 13.8 && magnitude < limit;
}
