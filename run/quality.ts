/** Error above which a photometric redshift counts as an outlier, in units of (1 + z). */
export const outlierThreshold = 0.05;

/**
 * Sums over samples from which the prediction quality follows; sums of disjoint sets of samples add up. Scaled errors are
 * `(predicted - true) / (1 + true)`, the convention for photometric redshifts.
 */
export interface QualitySums {
  readonly count: number;
  readonly absoluteError: number;
  readonly squaredError: number;
  readonly scaledError: number;
  readonly outliers: number;
  readonly truth: number;
  readonly squaredTruth: number;
}

/** Prediction quality; `nmad` needs every sample at once and is null where only sums are known. */
export interface Quality {
  readonly count: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Mean squared error. */
  readonly mse: number;
  /** Mean scaled error. */
  readonly bias: number;
  /** Normalised median absolute deviation of the scaled errors, `1.4826 * median(|d - median(d)|)`. */
  readonly nmad: number | null;
  /** Share of samples whose scaled error exceeds `outlierThreshold`. */
  readonly outlierFraction: number;
  /** Coefficient of determination; null when all true values are equal. */
  readonly r2: number | null;
}

export const emptyQualitySums: QualitySums = {
  count: 0,
  absoluteError: 0,
  squaredError: 0,
  scaledError: 0,
  outliers: 0,
  truth: 0,
  squaredTruth: 0,
};

/** The order in which the sums travel through an allreduce. */
const sumNames = [
  'count',
  'absoluteError',
  'squaredError',
  'scaledError',
  'outliers',
  'truth',
  'squaredTruth',
] as const satisfies readonly (keyof QualitySums)[];

export const qualityVectorLength = sumNames.length;

export const qualityVector = (sums: QualitySums): Float64Array => Float64Array.from(sumNames, (name) => sums[name]);

export function qualityFromVector(vector: Float64Array): QualitySums {
  const at = (name: (typeof sumNames)[number]) => vector[sumNames.indexOf(name)];
  return {
    count: at('count'),
    absoluteError: at('absoluteError'),
    squaredError: at('squaredError'),
    scaledError: at('scaledError'),
    outliers: at('outliers'),
    truth: at('truth'),
    squaredTruth: at('squaredTruth'),
  };
}

/** Adds up sums of disjoint samples, in the order given. */
export function addQualitySums(all: Iterable<QualitySums>): QualitySums {
  const total = new Float64Array(qualityVectorLength);
  for (const sums of all) {
    qualityVector(sums).forEach((value, index) => {
      total[index] += value;
    });
  }
  return qualityFromVector(total);
}

/**
 * Whether a sample counts: its prediction and its true value are finite. A true value of -1 has no scaled error, and a
 * square beyond float64 no sum: such samples do not count either, so that the sums are always finite.
 */
export function countsForQuality(predicted: number, truth: number): boolean {
  const error = predicted - truth;
  return Number.isFinite(error / (1 + truth)) && Number.isFinite(error * error + truth * truth);
}

/** Sums over the samples that count. */
export function sumQuality(predicted: ArrayLike<number>, truth: ArrayLike<number>): QualitySums {
  const vector = new Float64Array(qualityVectorLength);
  for (let index = 0; index < predicted.length; index++) {
    if (!countsForQuality(predicted[index], truth[index])) continue;
    const error = predicted[index] - truth[index];
    const scaled = error / (1 + truth[index]);
    vector[0] += 1;
    vector[1] += Math.abs(error);
    vector[2] += error * error;
    vector[3] += scaled;
    vector[4] += Math.abs(scaled) > outlierThreshold ? 1 : 0;
    vector[5] += truth[index];
    vector[6] += truth[index] * truth[index];
  }
  return qualityFromVector(vector);
}

/** Quality from sums; undefined when no sample counts. Give `scaledErrors` of all samples to get the NMAD too. */
export function qualityOf(sums: QualitySums, scaledErrors?: Float64Array): Quality | undefined {
  const { count } = sums;
  if (count === 0) return undefined;
  const truthSpread = sums.squaredTruth - (sums.truth * sums.truth) / count;
  // Equal values leave a spread of rounding errors, which grows with the number of additions.
  const noSpread = truthSpread <= sums.squaredTruth * count * Number.EPSILON;
  return {
    count,
    mae: sums.absoluteError / count,
    mse: sums.squaredError / count,
    bias: sums.scaledError / count,
    nmad: scaledErrors ? normalisedMedianAbsoluteDeviation(scaledErrors) : null,
    outlierFraction: sums.outliers / count,
    r2: noSpread ? null : 1 - sums.squaredError / truthSpread,
  };
}

function normalisedMedianAbsoluteDeviation(values: Float64Array): number {
  const centre = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - centre)));
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
