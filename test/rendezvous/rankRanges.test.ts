import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expandRanges, formatRanges, formatRanks, missingRanges } from '../../rendezvous/rankRanges.js';

it('names exactly the ranks that are missing', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40)), (present) => {
      const ranges = missingRanges(41, (rank) => present.includes(rank));
      expect(expandRanges(ranges)).toEqual([...Array(41).keys()].filter((rank) => !present.includes(rank)));
      for (const [index, [first]] of ranges.entries()) {
        if (index > 0) expect(first).toBeGreaterThan(ranges[index - 1]![1] + 1);
      }
    }),
  );
});

it('reads well', () => {
  expect(formatRanges([[3, 3]])).toBe('rank 3');
  expect(formatRanks([12, 3, 7, 8, 9])).toBe('ranks 3, 7-9, 12');
  expect(formatRanks(Array.from({ length: 25 }, (_, index) => 2 * index))).toMatch(/^ranks 0, 2, .*38 and 5 more$/);
});
