import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Entry, entryOf, pack, unpack } from '../../../collectives/algorithms/bundle.js';
import { DataMismatchError } from '../../../collectives/errors.js';

const entries = fc.array(
  fc
    .record({ datatype: fc.nat(255), bytes: fc.uint8Array({ maxLength: 40 }), inline: fc.boolean() })
    .map(({ datatype, bytes, inline }) => entryOf({ datatype, bytes }, inline)),
);

it('a bundle keeps what is in it', () => {
  fc.assert(
    fc.property(entries, (list: Entry[]) => {
      expect(unpack(pack(list), list.length, 0)).toEqual(list);
    }),
  );
});

it('what is no bundle is refused, whatever its bytes', () => {
  fc.assert(
    fc.property(entries, fc.nat(), fc.nat(255), (list, place, value) => {
      const { datatype, bytes } = pack(list);
      expect(() => unpack({ datatype: 7, bytes }, list.length, 3)).toThrow(DataMismatchError);
      expect(() => unpack({ datatype, bytes: Buffer.concat([bytes, Buffer.alloc(1)]) }, list.length, 3)).toThrow(
        /Rank 3/,
      );
      if (bytes.length > 0) {
        const broken = new Uint8Array(bytes);
        broken[place % bytes.length] = value;
        // Whatever comes out has the memory that it says, or nothing comes out.
        try {
          for (const { message } of unpack({ datatype, bytes: broken }, list.length, 3)) {
            expect(message?.bytes.byteLength ?? 0).toBeLessThanOrEqual(bytes.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(DataMismatchError);
        }
      }
    }),
  );
});
