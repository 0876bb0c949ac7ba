import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evenRanges, piecesOf } from '../../../collectives/algorithms/ranges.js';

it('even ranges follow one another, hold whole items and differ by one at most', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 3 }),
      (items, parts, itemLength) => {
        const ranges = evenRanges(items * itemLength, parts, itemLength);
        expect(ranges).toHaveLength(parts);
        expect(ranges[0]!.start).toBe(0);
        expect(ranges.at(-1)!.end).toBe(items * itemLength);
        const lengths = ranges.map(({ start, end }) => (end - start) / itemLength);
        for (const [part, { end }] of ranges.entries()) expect(ranges[part + 1]?.start ?? end).toBe(end);
        for (const length of lengths) expect(Number.isInteger(length)).toBe(true);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
      },
    ),
  );
});

it('pieces make up their range, whole item by whole item', () => {
  const cases = fc.record({
    start: fc.nat(50),
    items: fc.nat(60),
    maxElements: fc.integer({ min: 1, max: 9 }),
    itemLength: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(cases, ({ start, items, maxElements, itemLength }) => {
      const end = start + items * itemLength;
      const pieces = piecesOf({ start, end }, maxElements, itemLength);
      let next = start;
      for (const piece of pieces) {
        expect(piece.start).toBe(next);
        const length = piece.end - piece.start;
        expect(length % itemLength).toBe(0);
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(Math.max(maxElements, itemLength));
        next = piece.end;
      }
      expect(next).toBe(end);
    }),
  );
});
