/** An algorithm and the size up to which it is the one to take. */
export interface SizeRule {
  readonly algorithm: string;
  /** Left out in the last rule. */
  readonly maxBytes?: number;
}

/** The rules that hold up to a world size. */
export interface Band {
  readonly worldSize: number;
  readonly rules: readonly SizeRule[];
}

/** Rules whose times are together within this factor of the best are as good: noise should not write the table. */
const MARGIN = 1.05;

/**
 * Who is to be taken up to which size: the rules whose times come to the least product over all sizes, so that one odd
 * figure decides nothing; of those that are as good, the ones that keep the earlier algorithms the longest.
 *
 * @param rows microseconds by algorithm, for each of `sizes`.
 * @param algorithms in the order in which they take over: it never goes back to an earlier one.
 */
export function sizeRules(
  rows: readonly Readonly<Record<string, number>>[],
  sizes: readonly number[],
  algorithms: readonly string[],
): SizeRule[] {
  // In the order of their places, so the first that is good enough is the one to take.
  const candidates = risingPlaces(rows.length, algorithms.length).map((places) => {
    const taken = places.map((place) => algorithms[place] ?? '');
    const cost = taken.reduce((sum, name, index) => sum + Math.log(rows[index]?.[name] ?? Number.NaN), 0);
    return { taken, cost };
  });
  const least = Math.min(...candidates.map(({ cost }) => cost));
  const { taken = [] } = candidates.find(({ cost }) => cost <= least + Math.log(MARGIN)) ?? {};
  return taken.flatMap((algorithm, index) => {
    if (index === taken.length - 1) return [{ algorithm }];
    return algorithm === taken[index + 1] ? [] : [{ algorithm, maxBytes: sizes[index] ?? 0 }];
  });
}

/** All rising sequences of so many places out of `0` to `count - 1`, in lexicographic order. */
function risingPlaces(length: number, count: number, from = 0): number[][] {
  if (length === 0) return [[]];
  return Array.from({ length: count - from }, (_, step) => from + step).flatMap((place) =>
    risingPlaces(length - 1, count, place).map((rest) => [place, ...rest]),
  );
}

/**
 * The bands of the measured world sizes with one more between each two of them, for the sizes from the lower one up to
 * the middle of both (in the geometric sense). Where both change the same algorithms, at the geometric mean of their
 * sizes; else it is that of the larger world. Sizes that lie above the middle go with the larger world.
 */
export function interpolated(measured: readonly Band[]): Band[] {
  const sorted = [...measured].sort((a, b) => a.worldSize - b.worldSize);
  return sorted.flatMap((band, index) => {
    const below = sorted[index - 1];
    if (!below || band.worldSize - below.worldSize < 2) return [band];
    const middle = Math.max(below.worldSize + 1, Math.round(Math.sqrt(below.worldSize * band.worldSize)));
    return [{ worldSize: middle, rules: between(below.rules, band.rules) }, band];
  });
}

function between(lower: readonly SizeRule[], upper: readonly SizeRule[]): readonly SizeRule[] {
  const isAlike = lower.length === upper.length && lower.every(({ algorithm }, i) => algorithm === upper[i]?.algorithm);
  if (!isAlike) return upper;
  return upper.map(({ algorithm, maxBytes }, index) => {
    const other = lower[index]?.maxBytes;
    if (maxBytes === undefined || other === undefined) return { algorithm };
    return { algorithm, maxBytes: Math.round(Math.sqrt(maxBytes * other)) };
  });
}

/** A rule of the table: `SizeRule` for worlds up to a size. */
export interface WorldRule extends SizeRule {
  readonly maxWorldSize?: number;
}

/** The rules of all bands one after the other; those of `beyond` hold for every larger world. */
export function worldRules(bands: readonly Band[], beyond: readonly SizeRule[]): WorldRule[] {
  const kept = bands.filter((band, index) => !isSame(band.rules, bands[index + 1]?.rules ?? beyond));
  return [
    ...kept.flatMap(({ worldSize, rules }) => rules.map((rule) => ({ ...rule, maxWorldSize: worldSize }))),
    ...beyond,
  ];
}

function isSame(rules: readonly SizeRule[], others: readonly SizeRule[]): boolean {
  const isEqual = (a: SizeRule, b: SizeRule | undefined) => a.algorithm === b?.algorithm && a.maxBytes === b.maxBytes;
  return rules.length === others.length && rules.every((rule, index) => isEqual(rule, others[index]));
}
