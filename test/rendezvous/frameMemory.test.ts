import { expect, it } from 'vitest';
import { FrameMemory } from '../../rendezvous/frameMemory.js';
import { PackedFrame } from '../../rendezvous/packedFrame.js';

const payloadBytes = 100_000;

it('is used again when nobody holds the frame any more, and not before', () => {
  const memory = new FrameMemory(1_000_000);
  const first = PackedFrame.allocate(payloadBytes, memory);
  first.hold();
  first.hold();
  first.release();
  expect(PackedFrame.allocate(payloadBytes, memory).payload.buffer).not.toBe(first.payload.buffer);
  first.release();
  expect(PackedFrame.allocate(payloadBytes, memory).payload.buffer).toBe(first.payload.buffer);
  expect(PackedFrame.allocate(payloadBytes, memory).payload.buffer).not.toBe(first.payload.buffer);
});

it('keeps no more than it may, and nothing short', () => {
  const memory = new FrameMemory(250_000);
  const frames = [1, 2, 3].map(() => PackedFrame.allocate(payloadBytes, memory));
  for (const frame of frames) {
    frame.hold();
    frame.release();
  }
  const again = [1, 2, 3].map(() => PackedFrame.allocate(payloadBytes, memory).payload.buffer);
  expect(again.filter((buffer) => frames.some(({ payload }) => payload.buffer === buffer))).toHaveLength(2);
  const short = PackedFrame.allocate(100, memory);
  short.hold();
  short.release();
  expect(PackedFrame.allocate(100, memory).payload.byteOffset).not.toBe(short.payload.byteOffset);
});
