import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNaturally } from '../../run/naturalOrder.js';

describe('compareNaturally', () => {
  it('orders numbers in names as people count', () => {
    const keys = ['d/10.pt', 'd/2.pt', 'd/1.pt', 'd/100.pt', 'd/11.pt', 'd/a10.pt', 'd/a9.pt'];
    expect([...keys].sort(compareNaturally)).toEqual([
      'd/1.pt',
      'd/2.pt',
      'd/10.pt',
      'd/11.pt',
      'd/100.pt',
      'd/a9.pt',
      'd/a10.pt',
    ]);
  });

  it('orders any numbered files by number', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000_000)), (numbers) => {
        const sorted = numbers.map((number) => `p/${number}.pt`).sort(compareNaturally);
        expect(sorted).toEqual(numbers.sort((left, right) => left - right).map((number) => `p/${number}.pt`));
      }),
    );
  });

  it('is a total order: every shuffle sorts alike, and only equal keys compare as 0', () => {
    const key = fc.string({ unit: fc.constantFrom('0', '1', '01', 'a', 'A', 'á', '/', '-', '.', '\u0000', '\u00ad') });
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (keys, randoms) => {
        const sorted = [...keys].sort(compareNaturally);
        const shuffled = keys
          .map((text) => ({ text, at: randoms.next().value ?? 0 }))
          .sort((left, right) => left.at - right.at)
          .map(({ text }) => text);
        expect(shuffled.sort(compareNaturally)).toEqual(sorted);
        for (let index = 1; index < sorted.length; index++) {
          expect(compareNaturally(sorted[index - 1], sorted[index])).toBeLessThan(0);
          expect(compareNaturally(sorted[index], sorted[index - 1])).toBeGreaterThan(0);
        }
      }),
    );
  });
});
