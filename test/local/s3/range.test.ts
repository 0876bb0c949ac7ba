import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRange } from '../../../local/s3/range.js';

it.each([
  ['bytes=0-0', 10, { first: 0, last: 0 }],
  ['bytes=2-5', 10, { first: 2, last: 5 }],
  ['bytes=2-', 10, { first: 2, last: 9 }],
  ['bytes=2-99', 10, { first: 2, last: 9 }],
  ['bytes=-3', 10, { first: 7, last: 9 }],
  ['bytes=-99', 10, { first: 0, last: 9 }],
  ['bytes=0-99999999999999999999999', 10, { first: 0, last: 9 }],
  ['BYTES=1-2', 10, { first: 1, last: 2 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=10-12', 10, 'unsatisfiable'],
  ['bytes=99999999999999999999-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'unsatisfiable'],
  [undefined, 10, undefined],
  ['bytes=5-2', 10, undefined],
  ['bytes=9007199254740993-9007199254740992', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=a-b', 10, undefined],
  ['bytes=1-2,4-5', 10, undefined],
  ['bytes 1-2', 10, undefined],
  ['items=1-2', 10, undefined],
  ['bytes=+1-2', 10, undefined],
  ['bytes=1.0-2', 10, undefined],
])('reads %s of %d bytes', (header, size, expected) => {
  expect(parseRange(header, size)).toEqual(expected);
});

it('selects what slicing selects', () => {
  const bytes = Buffer.from(Array.from({ length: 40 }, (_, at) => at));
  const size = fc.nat(40);
  fc.assert(
    fc.property(size, fc.nat(60), fc.nat(60), fc.constantFrom('both', 'open', 'suffix'), (length, from, to, form) => {
      const object = bytes.subarray(0, length);
      const [low, high] = [Math.min(from, to), Math.max(from, to)];
      const header = { both: `bytes=${low}-${high}`, open: `bytes=${low}-`, suffix: `bytes=-${low}` }[form];
      const expected = {
        both: object.subarray(low, high + 1),
        open: object.subarray(low),
        suffix: low === 0 ? Buffer.alloc(0) : object.subarray(-low),
      }[form];

      const range = parseRange(header, length);

      if (expected.length === 0) expect(range).toBe('unsatisfiable');
      else expect(range).toEqual({ first: expected[0], last: expected[expected.length - 1] });
    }),
  );
});

it('never selects bytes outside the object, whatever the header', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^bytes=[0-9,\- a]{0,12}$/), fc.nat(50), (header, size) => {
      const range = parseRange(header, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.last).toBeGreaterThanOrEqual(range.first);
      expect(range.last).toBeLessThan(size);
    }),
  );
});
