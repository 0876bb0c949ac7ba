/*
 * Distances in a flat universe of matter and a cosmological constant (Hogg 1999, arXiv:astro-ph/9905116, equations 14 to 21).
 */

const hubbleKmPerSMpc = 70;
const matterDensity = 0.3;
const lightSpeedKmPerS = 299_792.458;

/** The largest redshift that distances are tabulated for. */
const maxRedshift = 0.6;
const steps = 1200;
const comovingMpc = tabulateComovingDistance();

/** Trapezoidal integral of c / H(z), at `steps` + 1 redshifts. */
function tabulateComovingDistance(): Float64Array {
  const inverseE = (z: number) => 1 / Math.sqrt(matterDensity * (1 + z) ** 3 + 1 - matterDensity);
  const table = new Float64Array(steps + 1);
  const dz = maxRedshift / steps;
  for (let i = 1; i <= steps; i++)
    table[i] =
      table[i - 1] + (0.5 * dz * (inverseE((i - 1) * dz) + inverseE(i * dz)) * lightSpeedKmPerS) / hubbleKmPerSMpc;
  return table;
}

function comovingDistanceMpc(redshift: number): number {
  const at = Math.min(Math.max((redshift / maxRedshift) * steps, 0), steps - 1e-9);
  const i = Math.floor(at);
  return comovingMpc[i] + (at - i) * (comovingMpc[i + 1] - comovingMpc[i]);
}

/** Luminosity distance in Mpc, for redshifts of 0 to 0.6. */
export function luminosityDistanceMpc(redshift: number): number {
  return comovingDistanceMpc(redshift) * (1 + redshift);
}

/** Angular diameter distance in Mpc, for redshifts of 0 to 0.6. */
export function angularDiameterDistanceMpc(redshift: number): number {
  return comovingDistanceMpc(redshift) / (1 + redshift);
}

/** Apparent minus absolute magnitude, for redshifts of 0 to 0.6. */
export function distanceModulus(redshift: number): number {
  return 5 * Math.log10(Math.max(luminosityDistanceMpc(redshift), 1e-3)) + 25;
}
