import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeObjectFrame, encodeObjectFrame } from '../../../collectives/storage/objectFrame.js';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const frames = fc.record({
  communicator: word,
  tag: word,
  message: fc.record({ datatype: fc.integer({ min: 0, max: 255 }), bytes: fc.uint8Array({ maxLength: 100 }) }),
});

describe('a message as an object', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const decoded = decodeObjectFrame('m', encodeObjectFrame(frame));
        expect({ ...decoded, message: { ...decoded.message, bytes: new Uint8Array(decoded.message.bytes) } }).toEqual(
          frame,
        );
      }),
    );
  });

  it('is refused when any bit is another', () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.integer({ min: 0, max: 7 }), (frame, place, bit) => {
        const object = encodeObjectFrame(frame);
        object[place % object.length]! ^= 1 << bit;
        expect(() => decodeObjectFrame('m', object)).toThrow(expect.objectContaining({ code: 'MESSAGE_CORRUPT' }));
      }),
    );
  });

  it('is refused when it is cut short', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, length) => {
        const object = encodeObjectFrame(frame);
        const cut = object.subarray(0, length % object.length);
        expect(() => decodeObjectFrame('m', cut)).toThrow(expect.objectContaining({ code: 'MESSAGE_CORRUPT' }));
      }),
    );
  });
});
