/** A run of consecutive ranks, both ends included. */
export type RankRange = readonly [first: number, last: number];

const RANGES_SHOWN = 20;

/** The ranks of `0..worldSize-1` that are not `present`, as ranges in ascending order. */
export function missingRanges(worldSize: number, present: (rank: number) => boolean): RankRange[] {
  const ranges: [number, number][] = [];
  for (let rank = 0; rank < worldSize; rank++) {
    if (present(rank)) continue;
    const open = ranges.at(-1);
    if (open && open[1] === rank - 1) open[1] = rank;
    else ranges.push([rank, rank]);
  }
  return ranges;
}

/** The ranks that the ranges cover, one by one. */
export function expandRanges(ranges: readonly RankRange[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, offset) => first + offset));
}

/** For messages: `rank 3` or `ranks 3, 7-12`; a long list is cut with the number of the rest. */
export function formatRanges(ranges: readonly RankRange[]): string {
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const shown = ranges.slice(0, RANGES_SHOWN);
  const list = shown.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
  const hidden = count - shown.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return `${count === 1 ? 'rank' : 'ranks'} ${list}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}

/** The same for a list of ranks in any order. */
export function formatRanks(ranks: Iterable<number>): string {
  const present = new Set(ranks);
  const sorted = [...present].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const rank of sorted) {
    const open = ranges.at(-1);
    if (open && open[1] === rank - 1) open[1] = rank;
    else ranges.push([rank, rank]);
  }
  return formatRanges(ranges);
}
