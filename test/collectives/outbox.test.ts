import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../collectives/channel.js';
import { Inbox } from '../../collectives/inbox.js';
import { Outbox } from '../../collectives/outbox.js';
import { FrameError } from '../../rendezvous/errors.js';
import { decodeFrame, encodeFrame, type Frame, HEADER_BYTES } from '../../rendezvous/protocol.js';

const chunkBytes = 1024;

/** A socket that takes frames only when the test says so. */
class SlowSink {
  readonly maxFrameBytes = chunkBytes + HEADER_BYTES;
  readonly windowBytes = 1_048_576;
  bufferedBytes = 0;
  readonly #frames: Buffer[] = [];
  #roomMade: () => void = () => {};

  /** An outbox that sends through this. */
  outbox(rank: number): Outbox {
    const outbox = new Outbox(rank, this);
    this.#roomMade = () => outbox.proceed();
    return outbox;
  }

  send(frame: Frame): void {
    this.#frames.push(encodeFrame(frame));
    // One frame fills it.
    this.bufferedBytes += 1_048_576;
  }

  /** The next frame as the other end sees it. */
  take(): Frame | undefined {
    const next = this.#frames.shift();
    if (!next) return undefined;
    this.bufferedBytes -= 1_048_576;
    this.#roomMade();
    return decodeFrame(next, this.maxFrameBytes);
  }
}

function message(length: number, fill = 1): Message {
  return { datatype: 2, bytes: new Uint8Array(length).fill(fill) };
}

describe('messages in frames', () => {
  it('arrive whole, and in order for each destination and tag, whatever their lengths', () => {
    const planned = fc.array(
      fc.record({ to: fc.integer({ min: 1, max: 2 }), tag: fc.nat(2), length: fc.nat(5 * chunkBytes) }),
    );
    fc.assert(
      fc.property(planned, (messages) => {
        const sink = new SlowSink();
        const outbox = sink.outbox(0);
        for (const [index, { to, tag, length }] of messages.entries()) outbox.send(to, 1, tag, message(length, index));
        const inboxes = [new Inbox(), new Inbox(), new Inbox()];
        const arrived: Record<string, { length: number; fill: number | undefined }[]> = {};
        for (let frame = sink.take(); frame; frame = sink.take()) {
          const complete = inboxes[frame.destination]?.accept(frame);
          if (!complete) continue;
          const [fill] = complete.bytes;
          expect(complete.bytes.every((byte) => byte === fill)).toBe(true);
          arrived[`${frame.destination} ${frame.tag}`] ??= [];
          arrived[`${frame.destination} ${frame.tag}`]?.push({ length: complete.bytes.length, fill });
        }
        const expected: typeof arrived = {};
        for (const [index, { to, tag, length }] of messages.entries()) {
          expected[`${to} ${tag}`] ??= [];
          expected[`${to} ${tag}`]?.push({ length, fill: length > 0 ? index & 0xff : undefined });
        }
        expect(arrived).toEqual(expected);
      }),
    );
  });

  it('do not hold up a short message behind a long one to the same rank', () => {
    const sink = new SlowSink();
    const outbox = sink.outbox(0);
    outbox.send(1, 1, 0, message(100 * chunkBytes));
    outbox.send(1, 1, 7, message(10));
    expect([sink.take(), sink.take(), sink.take()].map((frame) => frame?.tag)).toEqual([0, 0, 7]);
  });

  it('do not hold up a short message to another rank behind a long one', () => {
    const sink = new SlowSink();
    const outbox = sink.outbox(0);
    outbox.send(1, 1, 0, message(100 * chunkBytes));
    outbox.send(2, 1, 0, message(10));
    // The socket takes one frame at a time: one is in it, one had its turn, then it is the other's.
    expect([sink.take(), sink.take(), sink.take()].map((frame) => frame?.destination)).toEqual([1, 1, 2]);
  });

  it('resolve when the last byte is copied, and not before', async () => {
    const sink = new SlowSink();
    const { promise } = sink.outbox(0).send(1, 1, 0, message(2 * chunkBytes));
    let resolved = false;
    promise.then(() => {
      resolved = true;
    });
    await Promise.resolve();
    expect(resolved).toBe(false);
    sink.take();
    await promise;
    expect(resolved).toBe(true);
  });

  it('can be given up half-way without harm to the next', async () => {
    const sink = new SlowSink();
    const outbox = sink.outbox(0);
    const inbox = new Inbox();
    const first = outbox.send(1, 1, 0, message(3 * chunkBytes));
    const second = outbox.send(1, 1, 1, message(7));
    const third = outbox.send(1, 1, 2, message(8));
    inbox.accept(sink.take()!);
    const reason = new Error('enough');
    first.cancel(reason);
    second.cancel(reason);
    await expect(first.promise).rejects.toBe(reason);
    await expect(second.promise).rejects.toBe(reason);
    const complete: (Message | undefined)[] = [];
    for (let frame = sink.take(); frame; frame = sink.take()) complete.push(inbox.accept(frame));
    expect(complete.filter((arrived) => arrived !== undefined).map(({ bytes }) => bytes.length)).toEqual([8]);
    await third.promise;
  });
});

describe('frames that cannot be', () => {
  function frames(): Frame[] {
    const sink = new SlowSink();
    sink.outbox(0).send(1, 1, 0, message(3 * chunkBytes));
    const all: Frame[] = [];
    for (let frame = sink.take(); frame; frame = sink.take()) all.push(frame);
    return all;
  }

  it('are refused: one is missing, one came twice, one belongs elsewhere, one is too long', () => {
    const [first, second, third] = frames();
    expect(() => accept([first!, third!])).toThrow(FrameError);
    expect(() => accept([first!, first!])).toThrow(FrameError);
    expect(() => accept([first!, { ...second!, datatype: 9 }])).toThrow(FrameError);
    expect(() => accept([first!, { ...second!, payload: new Uint8Array(chunkBytes + 1) }])).toThrow(FrameError);
    expect(accept([first!, second!, third!])?.bytes).toHaveLength(3 * chunkBytes);
  });

  function accept(list: Frame[]): Message | undefined {
    const inbox = new Inbox();
    return list.map((frame) => inbox.accept(frame)).at(-1);
  }
});
