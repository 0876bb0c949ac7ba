/** One bar of a histogram: `count` values in `[from, to)`, the last one including `to`. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The value below which a share of ascending values lies, with linear interpolation. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const position = (ascending.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (ascending[above] - ascending[below]) * (position - below);
}

/** A round step (1, 2, 2.5 or 5 times a power of ten) that divides a range into about `parts`. */
export function roundStep(range: number, parts: number): number {
  const raw = range / parts;
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 2.5, 5].find((factor) => factor * power >= raw * (1 - 1e-9)) ?? 10) * power;
}

/**
 * Puts values into bins with round edges.
 *
 * @param parts - About so many bins for `range`.
 * @param range - What the bins' width is taken from; default: from the least to the greatest value.
 */
export function histogram(values: readonly number[], parts: number, range?: number): Bin[] {
  const least = values.reduce((left, right) => Math.min(left, right), Number.POSITIVE_INFINITY);
  const most = values.reduce((left, right) => Math.max(left, right), Number.NEGATIVE_INFINITY);
  const step = roundStep(range ?? (most > least ? most - least : Math.abs(most) || 1), parts);
  const first = Math.floor(least / step);
  const counts = new Array<number>(Math.floor(most / step) - first + 1).fill(0);
  for (const value of values) counts[Math.floor(value / step) - first]++;
  return counts.map((count, index) => ({ from: (first + index) * step, to: (first + index + 1) * step, count }));
}
