/*
 * Rest-frame spectra of three stellar populations, as smooth formulas that have what photometric redshifts live on: the
 * 4000 angstrom break, the ultraviolet cutoff, metal absorption, and the emission lines of star formation.
 */

/** Stellar populations, from old to young. */
export type Population = 'old' | 'intermediate' | 'young';

/** Emission lines: wavelength in angstrom, strength, width in angstrom. Oxygen, H beta, oxygen, H alpha, nitrogen, sulphur. */
const emissionLines = [
  [3727, 1.0, 9],
  [4861, 0.55, 9],
  [4959, 0.35, 9],
  [5007, 1.0, 9],
  [6563, 2.4, 11],
  [6584, 0.7, 10],
  [6725, 0.6, 14],
] as const;

/** Absorption of old stars: wavelength in angstrom, depth, width in angstrom. G band, magnesium, sodium, calcium H and K. */
const absorptionLines = [
  [4305, 0.16, 25],
  [5175, 0.14, 35],
  [5893, 0.12, 25],
  [3950, 0.15, 40],
] as const;

/** Where spectra are normalised to 1, in angstrom. */
export const pivotAngstrom = 5500;

const bell = (x: number, centre: number, width: number) => Math.exp(-0.5 * ((x - centre) / width) ** 2);

/** A smooth step from 0 to 1 at `centre`. */
export const smoothStep = (x: number, centre: number, width: number) => 1 / (1 + Math.exp(-(x - centre) / width));

/** A step from `floor` to 1. */
const breakAt = (x: number, centre: number, width: number, floor: number) =>
  floor + (1 - floor) * smoothStep(x, centre, width);

const emission = (angstrom: number) =>
  emissionLines.reduce((sum, [centre, strength, width]) => sum + strength * bell(angstrom, centre, width), 0);

const shapes: Readonly<Record<Population, (angstrom: number) => number>> = {
  old(angstrom) {
    const absorbed = absorptionLines.reduce((sum, [at, depth, width]) => sum + depth * bell(angstrom, at, width), 0);
    const octaves = Math.max(Math.log2(angstrom / pivotAngstrom), 0);
    return (
      breakAt(angstrom, 4000, 45, 0.3) *
      breakAt(angstrom, 3300, 380, 0.25) *
      breakAt(angstrom, 4700, 500, 0.8) *
      breakAt(angstrom, 2750, 260, 0.1) *
      (angstrom / pivotAngstrom) ** (-0.35 * octaves) *
      (1 - absorbed)
    );
  },
  intermediate: (angstrom) =>
    (angstrom / pivotAngstrom) ** -0.75 * breakAt(angstrom, 3960, 70, 0.5) + 0.35 * emission(angstrom),
  young: (angstrom) =>
    (angstrom / pivotAngstrom) ** -1.55 * breakAt(angstrom, 3850, 120, 0.72) + 1.2 * emission(angstrom),
};

const atPivot: Readonly<Record<Population, number>> = {
  old: shapes.old(pivotAngstrom),
  intermediate: shapes.intermediate(pivotAngstrom),
  young: shapes.young(pivotAngstrom),
};

/** Flux per angstrom of a population at a rest wavelength, 1 at {@link pivotAngstrom}. */
export function spectralFlux(population: Population, angstrom: number): number {
  return shapes[population](angstrom) / atPivot[population];
}

/** Extinction in magnitudes for each magnitude of reddening E(B-V), about the law of the Milky Way (R_V = 3.1). */
export function extinctionPerReddening(angstrom: number): number {
  return 3.1 * (angstrom / pivotAngstrom) ** -1.1;
}
