/** How a 95 % interval of the median was found. */
export type IntervalMethod = 'order statistics' | 't of logarithms';

/** Repeats of one measurement. */
export interface Repeats {
  readonly n: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** An interval that holds the true median in at least 95 of 100 sweeps; null where the repeats are too few to tell. */
  readonly interval: { readonly low: number; readonly high: number; readonly method: IntervalMethod } | null;
}

/** Fewer ordered values have no 95 % interval between them: five cover 1 - 2 / 2^5 = 93.75 %. */
const fewestOrdered = 6;
/** Student's t at 97.5 % for 1 to 4 degrees of freedom. */
const studentT = [12.7062, 4.30265, 3.18245, 2.77645];

/** The middle value, or the mean of the two in the middle. @throws RangeError for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Median, extremes and a 95 % interval of the median.
 *
 * From six repeats on, the interval lies between two ordered values and assumes nothing about their distribution: the
 * k-th smallest and k-th largest, k the greatest with P(Binomial(n, 1/2) < k) <= 2.5 % (H. A. David, Order Statistics, 2.5).
 * Two to five repeats have no such interval; theirs is Student's t of the logarithms, exact for lognormal times, whose
 * median is the exponential of the mean logarithm.
 *
 * @throws RangeError for no values, or one that is not finite.
 */
export function repeatsOf(values: readonly number[]): Repeats {
  if (values.some((value) => !Number.isFinite(value))) throw new RangeError('a repeat that is not finite');
  const sorted = [...values].sort((left, right) => left - right);
  return {
    n: sorted.length,
    median: median(sorted),
    min: sorted[0],
    max: sorted[sorted.length - 1],
    interval: intervalOf(sorted),
  };
}

function intervalOf(sorted: readonly number[]): Repeats['interval'] {
  const n = sorted.length;
  if (n >= fewestOrdered) {
    const k = outermost(n);
    return { low: sorted[k - 1], high: sorted[n - k], method: 'order statistics' };
  }
  if (n < 2 || sorted[0] <= 0) return null;
  const logarithms = sorted.map(Math.log);
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / n;
  const variance = logarithms.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentT[n - 2] * Math.sqrt(variance / n);
  return { low: Math.exp(mean - half), high: Math.exp(mean + half), method: 't of logarithms' };
}

/** The greatest k with P(Binomial(n, 1/2) < k) <= 2.5 %. */
function outermost(n: number): number {
  let probability = 2 ** -n;
  let below = 0;
  for (let k = 0; ; k++) {
    below += probability;
    if (below > 0.025) return Math.max(1, k);
    probability *= (n - k) / (k + 1);
  }
}
