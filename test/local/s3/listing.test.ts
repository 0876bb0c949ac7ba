import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../../local/s3/keyIndex.js';
import { compareKeys } from '../../../local/s3/keyOrder.js';
import { type Listing, type ListingRequest, listKeys } from '../../../local/s3/listing.js';

const key = fc.oneof(
  fc.stringMatching(/^[ab/]{1,6}$/),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
  fc.constantFrom('\u{1F680}', '\uFB01', '\uE000', '\uD7FF', 'a\uFFFDz', 'a\u{10000}'),
);
const utf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

it('orders keys by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(utf8(a, b));
    }),
  );
});

describe('KeyIndex', () => {
  const change = fc.record({ key, isDelete: fc.boolean(), value: fc.nat() });

  it('holds what a plain map holds, in order, after any changes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat())), fc.array(change), (initial, changes) => {
        const model = new Map(initial);
        const index = new KeyIndex(initial);
        for (const { key, isDelete, value } of changes) {
          if (isDelete) expect(index.delete(key)).toBe(model.delete(key));
          else {
            index.set(key, value);
            model.set(key, value);
          }
        }
        const expected = [...model.keys()].sort(utf8);
        expect(Array.from({ length: index.size }, (_, at) => index.keyAt(at))).toEqual(expected);
        for (const key of expected) expect(index.get(key)).toBe(model.get(key));
      }),
    );
  });
});

describe('listKeys', () => {
  /** By going through everything: keys behind `after`, rolled up. */
  function model(keys: string[], { prefix, delimiter, after }: Omit<ListingRequest, 'maxEntries'>): string[] {
    const entries = new Set<string>();
    for (const key of [...new Set(keys)].sort(utf8)) {
      if (!key.startsWith(prefix) || (after !== '' && utf8(key, after) <= 0)) continue;
      const mark = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const entry = mark < 0 ? key : key.slice(0, mark + delimiter.length);
      if (entry !== after || mark < 0) entries.add(entry);
    }
    return [...entries];
  }

  const indexOf = (keys: string[]) => new KeyIndex(keys.map((key) => [key, key] as const));

  it('lists, page by page, what going through everything lists', () => {
    const prefix = fc.oneof(fc.constant(''), fc.stringMatching(/^[ab/]{1,3}$/));
    const delimiter = fc.constantFrom('', '/', 'a', 'ab', '//');
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        prefix,
        delimiter,
        prefix,
        fc.integer({ min: 1, max: 7 }),
        (...given) => {
          const [keys, prefix, delimiter, after, maxEntries] = given;
          const index = indexOf(keys);
          const listed: string[] = [];
          for (let next: string | undefined = after; next !== undefined; ) {
            const page: Listing<string> = listKeys(index, { prefix, delimiter, maxEntries, after: next });
            const entries = [...page.contents.map((entry) => entry.key), ...page.commonPrefixes].sort(utf8);
            expect(entries.length).toBeLessThanOrEqual(maxEntries);
            if (page.next !== undefined) expect(entries.length).toBe(maxEntries);
            expect(page.contents.every((entry) => entry.value === entry.key)).toBe(true);
            listed.push(...entries);
            next = page.next;
          }
          expect(listed).toEqual(model(keys, { prefix, delimiter, after }));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not claim a further page when the last entry is on this one', () => {
    const page = listKeys(indexOf(['a', 'b']), { prefix: '', delimiter: '', maxEntries: 2, after: '' });
    expect(page.next).toBeUndefined();
  });

  it('answers a listing of no entries with none and no next page', () => {
    const page = listKeys(indexOf(['a']), { prefix: '', delimiter: '', maxEntries: 0, after: '' });
    expect(page).toEqual({ contents: [], commonPrefixes: [] });
  });

  it('steps over a common prefix without going through its keys', () => {
    const keys = Array.from({ length: 50_000 }, (_, at) => `${at % 5}/${at}`);
    const index = indexOf(keys);
    let looked = 0;
    const counting = new Proxy(index, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        if (property === 'keyAt') looked += 1;
        return value.bind(target);
      },
    });

    const page = listKeys(counting, { prefix: '', delimiter: '/', maxEntries: 1000, after: '' });

    expect(page.commonPrefixes).toEqual(['0/', '1/', '2/', '3/', '4/']);
    expect(looked).toBe(5);
  });
});
