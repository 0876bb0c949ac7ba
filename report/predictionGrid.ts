import { quantile } from './distribution.js';

/** Predictions and true values of the same samples, in the same order. */
export interface PredictionPairs {
  readonly predicted: Float32Array;
  readonly truth: Float32Array;
}

/** Samples whose prediction and true value are finite. */
export function finitePairs({ predicted, truth }: PredictionPairs): PredictionPairs {
  const keep = (_: number, index: number) => Number.isFinite(predicted[index]) && Number.isFinite(truth[index]);
  return { predicted: predicted.filter(keep), truth: truth.filter(keep) };
}

/** A square grid over `[from, to]` in x and y, and how many points fell into each cell. */
export interface DensityGrid {
  readonly x: { readonly from: number; readonly to: number };
  readonly y: { readonly from: number; readonly to: number };
  readonly cells: number;
  /** Row-major, y from below. */
  readonly counts: Uint32Array;
  readonly outside: number;
}

/** Counts points into `cells` x `cells` cells. */
export function densityOf(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  x: DensityGrid['x'],
  y: DensityGrid['y'],
  cells: number,
): DensityGrid {
  const counts = new Uint32Array(cells * cells);
  let outside = 0;
  const cellOf = (value: number, { from, to }: DensityGrid['x']) =>
    value === to ? cells - 1 : Math.floor(((value - from) / (to - from)) * cells);
  for (let index = 0; index < xs.length; index++) {
    const column = cellOf(xs[index], x);
    const row = cellOf(ys[index], y);
    if (column >= 0 && column < cells && row >= 0 && row < cells) counts[row * cells + column]++;
    else outside++;
  }
  return { x, y, cells, counts, outside };
}

/** The range that holds all values but one in a thousand at either end, widened a little. */
export function centralRange(...series: readonly Float32Array[]): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const values of series) {
    const sorted = values.slice().sort();
    from = Math.min(from, quantile(sorted, 0.001));
    to = Math.max(to, quantile(sorted, 0.999));
  }
  const margin = (to - from || Math.abs(to) || 1) * 0.03;
  return { from: from - margin, to: to + margin };
}

/** Scaled errors of the samples whose true value lies in `[from, to)`. */
export interface ResidualBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanPredicted: number;
  readonly median: number;
  /** 16th and 84th percentile. */
  readonly low: number;
  readonly high: number;
}

/** `(predicted - true) / (1 + true)` of every sample. */
export const scaledErrors = ({ predicted, truth }: PredictionPairs): Float32Array =>
  predicted.map((value, index) => (value - truth[index]) / (1 + truth[index]));

/** Groups scaled errors by true value into `parts` bins of equal width; empty bins are left out. */
export function residualBins(
  { predicted, truth }: PredictionPairs,
  errors: Float32Array,
  { from, to }: DensityGrid['x'],
  parts: number,
): ResidualBin[] {
  const step = (to - from) / parts;
  const members = Array.from({ length: parts }, () => [] as number[]);
  truth.forEach((value, index) => {
    const bin = Math.floor((value - from) / step);
    if (bin >= 0 && bin < parts && Number.isFinite(errors[index])) members[bin].push(index);
  });
  return members.flatMap((indices, bin) => {
    if (indices.length === 0) return [];
    const sorted = Float64Array.from(indices, (index) => errors[index]).sort();
    return [
      {
        from: from + bin * step,
        to: from + (bin + 1) * step,
        count: indices.length,
        meanPredicted: indices.reduce((sum, index) => sum + predicted[index], 0) / indices.length,
        median: quantile(sorted, 0.5),
        low: quantile(sorted, 0.16),
        high: quantile(sorted, 0.84),
      },
    ];
  });
}
