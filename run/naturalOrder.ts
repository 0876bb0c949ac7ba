const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

/** Compares keys as people count: `1.pt`, `2.pt`, `10.pt`; equal-looking keys fall back to code units, so the order is total. */
export function compareNaturally(left: string, right: string): number {
  return collator.compare(left, right) || (left < right ? -1 : left > right ? 1 : 0);
}
