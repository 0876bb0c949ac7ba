/** Elements from `start` up to and not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** One range a part, as even as items of `itemLength` elements allow, the longer ones first. */
export function evenRanges(length: number, parts: number, itemLength = 1): Range[] {
  const items = Math.floor(length / itemLength);
  const [each, extra] = [Math.floor(items / parts), items % parts];
  const startOf = (part: number) => Math.min((part * each + Math.min(part, extra)) * itemLength, length);
  return Array.from({ length: parts }, (_, part) => ({
    start: startOf(part),
    // What is not a whole item belongs to nobody else.
    end: part === parts - 1 ? length : startOf(part + 1),
  }));
}

/** Cuts a range into pieces of up to `maxElements`, each of whole items. An empty range has none. */
export function piecesOf({ start, end }: Range, maxElements: number, itemLength = 1): Range[] {
  const step = Math.max(itemLength, maxElements - (maxElements % itemLength));
  const pieces: Range[] = [];
  for (let from = start; from < end; from += step) pieces.push({ start: from, end: Math.min(from + step, end) });
  return pieces;
}
