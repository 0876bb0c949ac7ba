import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameError } from '../../rendezvous/errors.js';
import { FrameMemory } from '../../rendezvous/frameMemory.js';
import { unmask, unmaskByWords } from '../../rendezvous/masking.js';
import { type CutterSink, MessageCutter } from '../../rendezvous/messageCutter.js';
import { type FrameAllocator, type PackedFrame, packFrame } from '../../rendezvous/packedFrame.js';
import { encodeFrame, type Frame, frame, frameKinds, HEADER_BYTES } from '../../rendezvous/protocol.js';

const maxFrameBytes = 200_000;

/** A WebSocket frame by RFC 6455 section 5.2, with any first byte. */
function webSocketFrame(first: number, content: Buffer, mask?: number): Buffer {
  const { length } = content;
  const extended =
    length < 126 ? [] : length < 65_536 ? [length >> 8, length] : [0, 0, 0, 0, 0, length >> 16, length >> 8, length];
  const short = length < 126 ? length : length < 65_536 ? 126 : 127;
  const key = Buffer.alloc(4);
  key.writeInt32LE(mask ?? 0);
  const body = Buffer.from(content.map((byte, index) => byte ^ (key[index % 4] ?? 0)));
  return Buffer.concat([
    Buffer.from([first, short + (mask === undefined ? 0 : 128), ...extended]),
    ...(mask === undefined ? [] : [key]),
    body,
  ]);
}

/** Keeps what it hears; every other payload is taken to memory of its own. */
class Recorder implements CutterSink {
  readonly maxFrameBytes = maxFrameBytes;
  readonly memory?: FrameAllocator;
  readonly heard: string[] = [];
  readonly others: Buffer[] = [];
  readonly #elsewhere: Uint8Array[] = [];

  /** @param isWhole whether it wants the frames in one piece, as a server does. */
  constructor(isWhole = false) {
    if (isWhole) this.memory = new FrameMemory(0);
  }

  cutter(isMasked: boolean): MessageCutter {
    return new MessageCutter(this, isMasked, (bytes) => this.others.push(bytes));
  }

  place(header: { tag: number }, payloadBytes: number): Uint8Array | undefined {
    if (header.tag % 2 === 0) return undefined;
    const place = new Uint8Array(payloadBytes);
    this.#elsewhere.push(place);
    return place;
  }

  frame(frame: Frame, packed: PackedFrame | undefined): void {
    const { tag, payload } = frame;
    const isElsewhere = this.#elsewhere.includes(payload);
    expect(isElsewhere).toBe(tag % 2 === 1 && payload.byteLength > 0);
    expect(packed?.bytes).toEqual(isElsewhere || !this.memory ? undefined : encodeFrame(frame));
    this.heard.push(`${tag} ${Buffer.from(payload).toString('hex')}`);
  }
}

/** Feeds a stream in pieces, half of them the way a socket reads in place. */
function feed(cutter: MessageCutter, stream: Buffer, cuts: readonly number[]): void {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  for (const [index, start] of [0, ...places].entries()) {
    const piece = stream.subarray(start, places[index] ?? stream.length);
    if (index % 2 === 0) cutter.feed(piece);
    else {
      for (let at = 0; at < piece.length; ) {
        const place = cutter.place();
        const length = Math.min(place.byteLength, piece.length - at);
        place.set(piece.subarray(at, at + length));
        cutter.placed(length);
        at += length;
      }
    }
  }
}

it('gives every frame and leaves everything else, however the stream is cut and masked', () => {
  const part = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        tag: fc.nat(9),
        length: fc.oneof(fc.nat(200), fc.constantFrom(70_000, 20_000)),
        fill: fc.nat(255),
      }),
    },
    // Pings, text, and a first fragment.
    fc.record({ first: fc.constantFrom(0x89, 0x81, 0x02), length: fc.nat(120) }),
  );
  const masks = fc.option(fc.constantFrom(0, 0x01020304, -1, 0x7f00ff00), { nil: undefined });
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 6 }),
      masks,
      fc.boolean(),
      fc.array(fc.nat(400_000), { maxLength: 8 }),
      (parts, mask, isWhole, cuts) => {
        const recorder = new Recorder(isWhole);
        const expected: string[] = [];
        const others: Buffer[] = [];
        const stream: Buffer[] = [];
        for (const each of parts) {
          if ('first' in each) {
            stream.push(webSocketFrame(each.first, Buffer.alloc(each.length, 7), mask));
            others.push(stream.at(-1) ?? Buffer.alloc(0));
            continue;
          }
          const payload = new Uint8Array(each.length).fill(each.fill);
          stream.push(
            webSocketFrame(0x82, encodeFrame(frame({ kind: frameKinds.data, tag: each.tag, payload })), mask),
          );
          expected.push(`${each.tag} ${Buffer.from(payload).toString('hex')}`);
        }
        feed(recorder.cutter(mask !== undefined), Buffer.concat(stream), cuts);
        expect(recorder.heard).toEqual(expected);
        expect(Buffer.concat(recorder.others).equals(Buffer.concat(others))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

it('reads what a packed frame is as a WebSocket message, of any length', () => {
  for (const length of [0, 93, 94, 65_503, 65_504, 150_000]) {
    for (const isMasked of [false, true]) {
      const recorder = new Recorder();
      const packed = packFrame(frame({ kind: frameKinds.data, tag: 2, payload: new Uint8Array(length).fill(3) }));
      expect(packed.message(isMasked).equals(webSocketFrame(0x82, packed.bytes, isMasked ? 0 : undefined))).toBe(true);
      recorder.cutter(isMasked).feed(Buffer.from(packed.message(isMasked)));
      expect(recorder.heard).toEqual([`2 ${'03'.repeat(length)}`]);
    }
  }
});

it('leaves what is too long, masked where it must not be, or behind a closing frame', () => {
  const tooLong = webSocketFrame(0x82, Buffer.alloc(maxFrameBytes + 1));
  const masked = webSocketFrame(0x82, encodeFrame(frame({ kind: frameKinds.leave })), 5);
  for (const stream of [tooLong, masked]) {
    const recorder = new Recorder();
    recorder.cutter(false).feed(Buffer.from(stream));
    expect(recorder.heard).toEqual([]);
    expect(Buffer.concat(recorder.others).equals(stream)).toBe(true);
  }
  const recorder = new Recorder();
  const closing = webSocketFrame(0x88, Buffer.from([3, 232]));
  recorder.cutter(false).feed(Buffer.concat([closing, packFrame(frame({ kind: frameKinds.leave })).message(false)]));
  expect(recorder).toMatchObject({ heard: [] });
  expect(Buffer.concat(recorder.others).equals(closing)).toBe(true);
});

it('refuses a frame that is shorter than its header, or lies about its length', () => {
  const lying = encodeFrame(frame({ kind: frameKinds.data, payload: new Uint8Array(10) }));
  lying.writeUInt32LE(11, 4);
  for (const content of [Buffer.alloc(HEADER_BYTES - 1), lying]) {
    const cutter = new Recorder().cutter(false);
    expect(() => cutter.feed(webSocketFrame(0x82, content))).toThrow(FrameError);
  }
});

it('takes a mask off with and without native code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), fc.integer(), (bytes, offset, mask) => {
      const key = Buffer.alloc(4);
      key.writeInt32LE(mask);
      const expected = Buffer.from(bytes.map((byte, index) => byte ^ (key[index % 4] ?? 0)));
      for (const how of [unmask, unmaskByWords]) {
        const place = Buffer.from(new ArrayBuffer(bytes.length + offset), offset);
        place.set(bytes);
        how(place, mask);
        expect(place.equals(expected)).toBe(true);
      }
    }),
  );
});
