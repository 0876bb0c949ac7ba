import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, jsonBytes } from '../../../../local/states/json.js';
import { CsvRows } from '../../../../local/states/map/csv.js';
import { batchItems } from '../../../../local/states/map/itemBatcher.js';
import { exceedsTolerance } from '../../../../local/states/map/tolerance.js';

describe('batchItems', () => {
  const items = fc.array(fc.oneof(fc.string({ maxLength: 20 }), fc.integer()), { minLength: 1, maxLength: 50 });

  it('keeps every item in order and both limits', () => {
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 150, max: 400 }),
        (values, maxItems, maxBytes) => {
          const batches = batchItems(values, { maxItems, maxBytes, batchInput: { a: 1 } });
          const members = batches.map(({ input }) => (input as { Items: Json[] }).Items);
          expect(members.flat(1)).toEqual(values);
          expect(
            batches.every(({ itemCount }, index) => itemCount === members[index]!.length && itemCount <= maxItems),
          ).toBe(true);
          expect(batches.every(({ input }) => jsonBytes(input) <= maxBytes)).toBe(true);
        },
      ),
    );
  });

  it('refuses an item that fits no batch', () => {
    expect(() => batchItems(['x'.repeat(300)], { maxBytes: 200 })).toThrow('States.DataLimitExceeded');
  });
});

describe('CsvRows', () => {
  const read = (text: string, delimiter = ',', piece = text.length || 1) => {
    const rows = new CsvRows(delimiter);
    const pieces = text.match(new RegExp(`[^]{1,${piece}}`, 'g')) ?? [];
    return [...pieces.flatMap((part) => [...rows.push(part)]), ...rows.end()];
  };

  it('reads quotes, empty fields, blank lines and Windows line ends', () => {
    expect(read('a,b\r\n\r\n"x, ""y""\nz",\r\nlast,1')).toEqual([
      ['a', 'b'],
      ['x, "y"\nz', ''],
      ['last', '1'],
    ]);
    expect(read('a|b', '|')).toEqual([['a', 'b']]);
  });

  it('reads back what was written, in pieces of any size', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' '), maxLength: 6 });
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 5 }), (table, piece) => {
        const text = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\n');
        expect(read(text, ',', piece)).toEqual(table);
      }),
    );
  });
});

describe('exceedsTolerance', () => {
  it('tolerates nothing where nothing is said, and each limit by itself', () => {
    const limits = { maxConcurrency: 0 };
    expect(exceedsTolerance(1, 10, limits)).toBe(true);
    expect(exceedsTolerance(0, 10, limits)).toBe(false);
    expect(exceedsTolerance(2, 10, { ...limits, toleratedFailureCount: 2 })).toBe(false);
    expect(exceedsTolerance(3, 10, { ...limits, toleratedFailureCount: 2 })).toBe(true);
    expect(exceedsTolerance(5, 10, { ...limits, toleratedFailurePercentage: 50 })).toBe(false);
    expect(exceedsTolerance(6, 10, { ...limits, toleratedFailurePercentage: 50 })).toBe(true);
    expect(exceedsTolerance(10, 10, { ...limits, toleratedFailurePercentage: 100 })).toBe(false);
    expect(exceedsTolerance(3, 10, { ...limits, toleratedFailurePercentage: 50, toleratedFailureCount: 2 })).toBe(true);
  });
});
