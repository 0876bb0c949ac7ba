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

/** A longer algorithm takes over when it is faster by this factor: noise should not write the table. */
const MARGIN = 1.05;

/**
 * Who is fastest up to which size.
 *
 * @param rows microseconds by algorithm, for each of `sizes`.
 * @param algorithms in the order in which they take over: it never goes back to an earlier one.
 */
export function sizeRules(
  rows: readonly Readonly<Record<string, number>>[],
  sizes: readonly number[],
  algorithms: readonly string[],
): SizeRule[] {
  const rules: { algorithm: string; maxBytes?: number }[] = [];
  for (const [index, row] of rows.entries()) {
    const current = rules.at(-1);
    const later = algorithms.slice(current ? algorithms.indexOf(current.algorithm) : 0);
    const timeOf = (name: string | undefined) => row[name ?? ''] ?? Number.POSITIVE_INFINITY;
    const [first = ''] = later;
    const fastest = later.reduce((best, name) => (timeOf(name) < timeOf(best) ? name : best), first);
    if (current && timeOf(fastest) * MARGIN >= timeOf(current.algorithm)) continue;
    if (current) current.maxBytes = sizes[index - 1] ?? 0;
    rules.push({ algorithm: fastest });
  }
  return rules;
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
