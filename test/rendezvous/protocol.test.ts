import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../../rendezvous/errors.js';
import { decodeFrame, encodeFrame, type Frame, frameKinds, HEADER_BYTES } from '../../rendezvous/protocol.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const frameArbitrary: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom(...Object.values(frameKinds)),
  datatype: fc.integer({ min: 0, max: 255 }),
  epoch: fc.integer({ min: 0, max: 255 }),
  communicator: u32,
  tag: u32,
  sequence: u32,
  source: u32,
  destination: u32,
  remaining: u32,
  payload: fc.uint8Array({ maxLength: 200 }),
});

describe('frame', () => {
  it('survives encoding and decoding', () => {
    fc.assert(
      fc.property(frameArbitrary, (frame) => {
        const { payload, ...header } = decodeFrame(encodeFrame(frame), 1000);
        expect({ ...header, payload: Uint8Array.from(payload) }).toEqual(frame);
      }),
    );
  });

  it('is refused when it is cut short or has bytes too many', () => {
    fc.assert(
      fc.property(frameArbitrary, fc.nat(), (frame, cut) => {
        const bytes = encodeFrame(frame);
        expect(() => decodeFrame(bytes.subarray(0, cut % bytes.length), 1000)).toThrow(FrameError);
        expect(() => decodeFrame(Buffer.concat([bytes, Buffer.alloc(1)]), 1000)).toThrow(FrameError);
      }),
    );
  });

  it('is refused by FrameError, and nothing else, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        let decoded: Frame;
        try {
          decoded = decodeFrame(Buffer.from(bytes), 1000);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
          return;
        }
        expect([...encodeFrame(decoded)]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    ['another version', 0, 9],
    ['an unknown kind', 1, 15],
  ])('is refused with %s', (_name, place, value) => {
    const bytes = encodeFrame({ ...emptyFrame, payload: new Uint8Array(4) });
    bytes[place] = value;
    expect(() => decodeFrame(bytes, 1000)).toThrow(FrameError);
  });

  it('is refused above the limit', () => {
    const bytes = encodeFrame({ ...emptyFrame, payload: new Uint8Array(100) });
    expect(() => decodeFrame(bytes, HEADER_BYTES + 99)).toThrow(/limit is 131/);
    expect(decodeFrame(bytes, HEADER_BYTES + 100).payload).toHaveLength(100);
  });
});

const emptyFrame: Frame = {
  kind: frameKinds.data,
  datatype: 0,
  epoch: 0,
  communicator: 0,
  tag: 0,
  sequence: 0,
  source: 0,
  destination: 1,
  remaining: 0,
  payload: new Uint8Array(0),
};
