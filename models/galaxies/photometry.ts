import { extinctionPerReddening, type Population, pivotAngstrom, smoothStep, spectralFlux } from './spectra.js';

/** The bands, in the order of every array: those of the Sloan Digital Sky Survey. */
export const bands = ['u', 'g', 'r', 'i', 'z'] as const;

/** Pass bands as smooth top hats: centre and width in angstrom. */
const passBands = [
  { centre: 3551, width: 560 },
  { centre: 4686, width: 1380 },
  { centre: 6166, width: 1370 },
  { centre: 7480, width: 1530 },
  { centre: 8932, width: 1300 },
] as const;

const restFrame = { from: 1500, to: 13_000, step: 5 };
const restWavelengths = Float64Array.from(
  { length: (restFrame.to - restFrame.from) / restFrame.step },
  (_, i) => restFrame.from + i * restFrame.step,
);
const extinctions = restWavelengths.map(extinctionPerReddening);
const bandStepAngstrom = 10;
const redshiftGrid = { step: 0.001, count: 401 };
const reddeningGrid = { step: 0.05, count: 13 };

const tabulated = new Map<Population, PopulationPhotometry>();

/** Five fluxes, in the order of {@link bands}. */
export type BandFluxes = Float64Array;

/**
 * Fluxes of one stellar population through the five bands, tabulated over redshift (0 to 0.4) and reddening (0 to 0.6).
 *
 * A band flux is what an AB magnitude counts: the photon-weighted mean of the flux per frequency, that is the integral of
 * f(lambda) R lambda over that of R / lambda (Fukugita et al. 1996). It is relative to the r band of the same population
 * at redshift 0 without dust, so an absolute r magnitude scales it.
 */
export class PopulationPhotometry {
  readonly #table: Float64Array;

  private constructor(population: Population) {
    const table = tabulate(population);
    this.#table = table.map((flux) => flux / table[2]);
  }

  /** The photometry of a population, tabulated at the first call. */
  static of(population: Population): PopulationPhotometry {
    const photometry = tabulated.get(population) ?? new PopulationPhotometry(population);
    tabulated.set(population, photometry);
    return photometry;
  }

  /** Adds `weight` times the fluxes at a redshift and a reddening E(B-V) to `into`. */
  addFluxes(redshift: number, reddening: number, weight: number, into: BandFluxes): void {
    const [z, zPart] = gridPlace(redshift, redshiftGrid);
    const [e, ePart] = gridPlace(reddening, reddeningGrid);
    for (const [zStep, zWeight] of [
      [0, 1 - zPart],
      [1, zPart],
    ])
      for (const [eStep, eWeight] of [
        [0, 1 - ePart],
        [1, ePart],
      ]) {
        const row = ((e + eStep) * redshiftGrid.count + z + zStep) * bands.length;
        for (let band = 0; band < bands.length; band++)
          into[band] += weight * zWeight * eWeight * this.#table[row + band];
      }
  }
}

/** The grid point at or below a value, and the share of the way to the next. */
function gridPlace(value: number, { step, count }: { step: number; count: number }): [number, number] {
  const at = Math.min(Math.max(value / step, 0), count - 1);
  const point = Math.min(Math.floor(at), count - 2);
  return [point, at - point];
}

/** Band fluxes by reddening, redshift and band. */
function tabulate(population: Population): Float64Array {
  const table = new Float64Array(reddeningGrid.count * redshiftGrid.count * bands.length);
  const filters = passBands.map(photonWeights);
  const dustless = restWavelengths.map((angstrom) => spectralFlux(population, angstrom));
  for (let e = 0; e < reddeningGrid.count; e++) {
    const reddening = e * reddeningGrid.step;
    const spectrum = dustless.map((flux, i) => flux * 10 ** (-0.4 * reddening * extinctions[i]));
    for (let z = 0; z < redshiftGrid.count; z++) {
      const stretch = 1 + z * redshiftGrid.step;
      filters.forEach(({ angstrom, weight }, band) => {
        let flux = 0;
        for (let i = 0; i < angstrom.length; i++) flux += weight[i] * spectrumAt(spectrum, angstrom[i] / stretch);
        table[(e * redshiftGrid.count + z) * bands.length + band] = flux / stretch;
      });
    }
  }
  return table;
}

/** Wavelengths across a band and the weight of the flux per angstrom at each. */
function photonWeights({ centre, width }: { centre: number; width: number }) {
  const points = Math.ceil((2 * width) / bandStepAngstrom);
  const angstrom = Float64Array.from({ length: points }, (_, i) => centre - width + i * bandStepAngstrom);
  const edge = 0.03 * width;
  const response = angstrom.map(
    (at) => smoothStep(at, centre - width / 2, edge) * (1 - smoothStep(at, centre + width / 2, edge)),
  );
  const norm = response.reduce((sum, share, i) => sum + share / angstrom[i], 0) * pivotAngstrom ** 2;
  return { angstrom, weight: response.map((share, i) => (share * angstrom[i]) / norm) };
}

function spectrumAt(spectrum: Float64Array, angstrom: number): number {
  const at = (angstrom - restFrame.from) / restFrame.step;
  const i = Math.floor(at);
  return spectrum[i] + (at - i) * (spectrum[i + 1] - spectrum[i]);
}
