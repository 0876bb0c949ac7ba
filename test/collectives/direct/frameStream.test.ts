import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../collectives/channel.js';
import { FrameReader, type FrameSink } from '../../../collectives/direct/frameReader.js';
import { FrameWriter } from '../../../collectives/direct/frameWriter.js';
import type { ByteStream } from '../../../collectives/direct/linkStream.js';

/** A stream that takes bytes when the test says so, as far as it has not taken them at once. */
class HeldStream implements ByteStream {
  readonly #queue: { bytes: Uint8Array; taken: (() => void) | undefined }[] = [];
  /** What was taken at once, and not looked at yet. */
  readonly #atOnce: Buffer[] = [];
  /** Bytes that it takes at once. */
  room: number;
  backlogBytes = 0;

  constructor(room = 0) {
    this.room = room;
  }

  write(pieces: readonly Uint8Array[], taken: () => void): boolean {
    for (const [index, piece] of pieces.entries()) {
      const length = this.backlogBytes === 0 ? Math.min(this.room, piece.byteLength) : 0;
      this.room -= length;
      this.#atOnce.push(Buffer.from(piece.subarray(0, length)));
      const isLast = index === pieces.length - 1;
      if (length < piece.byteLength) {
        this.#queue.push({ bytes: piece.subarray(length), taken: isLast ? taken : undefined });
        this.backlogBytes += piece.byteLength - length;
      }
    }
    return this.backlogBytes === 0;
  }

  during(): void {}

  afterArrivals(call: () => void): void {
    setImmediate(call);
  }

  /** What was taken at once, and what was written beyond, up to so many bytes, with the calls of what is through. */
  take(limit: number): Buffer {
    const taken: Uint8Array[] = this.#atOnce.splice(0);
    let left = limit;
    while (left > 0) {
      const head = this.#queue[0];
      if (!head) break;
      const bytes = head.bytes.subarray(0, left);
      // As the system does, it takes a copy.
      taken.push(new Uint8Array(bytes));
      left -= bytes.byteLength;
      this.backlogBytes -= bytes.byteLength;
      head.bytes = head.bytes.subarray(bytes.byteLength);
      if (head.bytes.byteLength > 0) continue;
      this.#queue.shift();
      head.taken?.();
    }
    return Buffer.concat(taken);
  }
}

class Recorder implements FrameSink {
  readonly messages: { tag: number; bytes: Buffer }[] = [];
  acknowledgementsDue = 0;

  message(_context: number, tag: number, { bytes }: Message): void {
    this.messages.push({ tag, bytes: Buffer.from(bytes) });
  }

  claim(): undefined {
    return undefined;
  }

  received(): void {
    this.acknowledgementsDue += 1;
  }

  acknowledged(): void {}

  left(): void {}

  stuck(): void {}
}

function writerTo(stream: ByteStream): FrameWriter {
  return new FrameWriter(stream, { rank: 0, onStuck: () => {}, received: () => 0 });
}

const eventLoopTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

function contentOf(index: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, place) => (index * 31 + place * 7) % 251);
}

const lengths = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 40_000 }),
    fc.integer({ min: 0, max: 1_400_000 }),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('a stream of frames', () => {
  it('brings every message once and in order, however it is cut up, wherever it breaks, with memory reused at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.array(fc.integer({ min: 1, max: 500_000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 4_000_000 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 3_000_000 }),
        async (sizes, steps, breakAt, acknowledges, room) => {
          const stream = new HeldStream(room);
          const writer = writerTo(stream);
          const recorder = new Recorder();
          const reader = new FrameReader(recorder);
          const sent = sizes.map((length, tag) => {
            const bytes = contentOf(tag, length);
            // Whoever waited for it writes to it again.
            return writer.send(0, tag, { datatype: 0, bytes }, tag % 3 === 0).promise.then(() => bytes.fill(255));
          });
          let passed = 0;
          for (let step = 0; passed < breakAt; step++) {
            const bytes = stream.take(Math.min(steps[step % steps.length] ?? 1, breakAt - passed));
            if (bytes.length === 0) break;
            passed += bytes.length;
            reader.feed(bytes);
            if (acknowledges && recorder.acknowledgementsDue > 0) writer.acknowledged(reader.tell());
            recorder.acknowledgementsDue = 0;
            // Half of the time nothing is copied into the window before the next bytes go out.
            await (step % 2 === 0 ? eventLoopTurn() : Promise.resolve());
          }
          // What the system has taken beyond this was lost on the way.
          stream.take(300_000);
          await eventLoopTurn();
          writer.stop();
          reader.interrupt();
          const remains = writer.remains(reader.receivedBytes);
          const { begun, waiting } = remains;
          for (const bytes of remains.stream) reader.feed(bytes);
          for (const transfer of begun) transfer.resolve();
          for (const { tag, message } of waiting) recorder.message(0, tag, message);
          for (const transfer of waiting) transfer.resolve();
          expect(recorder.messages.map(({ tag }) => tag)).toEqual(sizes.map((_, tag) => tag));
          for (const { tag, bytes } of recorder.messages) {
            expect(Buffer.compare(bytes, contentOf(tag, sizes[tag] ?? 0))).toBe(0);
          }
          await Promise.all(sent);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves out the rest of a message that its sender gave up', async () => {
    const stream = new HeldStream();
    const writer = writerTo(stream);
    const recorder = new Recorder();
    const reader = new FrameReader(recorder);
    const given = writer.send(0, 1, { datatype: 0, bytes: new Uint8Array(5_000_000) });
    reader.feed(stream.take(1_048_640));
    const chunks = stream.backlogBytes;
    given.cancel(new Error('no longer wanted'));
    await expect(given.promise).rejects.toThrow('no longer wanted');
    const next = writer.send(0, 2, { datatype: 0, bytes: Uint8Array.of(9) });
    for (let bytes = stream.take(1e6); bytes.length > 0; bytes = stream.take(1e6)) {
      reader.feed(bytes);
      writer.acknowledged(reader.tell());
    }
    await next.promise;
    expect(chunks).toBeLessThan(3_000_000);
    expect(recorder.messages).toEqual([{ tag: 2, bytes: Buffer.of(9) }]);
  });

  it('keeps a send waiting while the other end does not take it in', async () => {
    const stream = new HeldStream();
    const writer = writerTo(stream);
    let resolved = false;
    const sent = writer.send(0, 1, { datatype: 0, bytes: new Uint8Array(4_000_000) });
    void sent.promise.then(() => {
      resolved = true;
    });
    let taken = 0;
    for (let bytes = stream.take(1e6); bytes.length > 0; bytes = stream.take(1e6)) taken += bytes.length;
    await eventLoopTurn();
    expect(taken).toBeGreaterThan(4_000_000);
    expect(resolved).toBe(false);
    writer.acknowledged(taken - 2_000_000);
    await sent.promise;
  });

  it('leaves what a patient sender has sent where it is until that is in a hurry, or it has arrived', async () => {
    const stream = new HeldStream();
    const writer = writerTo(stream);
    const resolved: number[] = [];
    const sent = [0, 1, 2].map((tag) => writer.send(0, tag, { datatype: 0, bytes: new Uint8Array(100_000) }, true));
    for (const [tag, { promise }] of sent.entries()) void promise.then(() => resolved.push(tag));
    stream.take(1e6);
    await eventLoopTurn();
    await eventLoopTurn();
    expect(resolved).toEqual([]);
    writer.acknowledged(100_032);
    await eventLoopTurn();
    expect(resolved).toEqual([0]);
    sent[2]?.hurry?.();
    await Promise.all(sent.map(({ promise }) => promise));
  });

  it('tells with every frame how much of the other direction has arrived', () => {
    const [stream, answers] = [new HeldStream(), new HeldStream()];
    const told: number[] = [];
    const there = new FrameReader(new Recorder());
    const here = new FrameReader(Object.assign(new Recorder(), { acknowledged: (bytes: number) => told.push(bytes) }));
    const answering = new FrameWriter(answers, { rank: 1, onStuck: () => {}, received: () => there.tell() });
    void writerTo(stream).send(0, 1, { datatype: 0, bytes: new Uint8Array(100) });
    there.feed(stream.take(1000));
    void answering.send(0, 2, { datatype: 0, bytes: new Uint8Array(1) });
    here.feed(answers.take(1000));
    expect(told).toEqual([132]);
  });

  it.each([
    ['another version', (bytes: Buffer) => bytes.writeUInt8(9, 0), /version 9/],
    ['an unknown kind', (bytes: Buffer) => bytes.writeUInt8(99, 1), /kind 99/],
    ['a kind of the server', (bytes: Buffer) => bytes.writeUInt8(24, 1), /does not travel over a direct link/],
    ['a frame too many', (bytes: Buffer) => bytes.writeUInt32LE(5, 16), /frame 5 of rank 0 came where 0 was due/],
  ])('is refused with %s', (_, spoil, fault) => {
    const stream = new HeldStream();
    void writerTo(stream).send(0, 1, { datatype: 0, bytes: new Uint8Array(10) });
    const bytes = stream.take(100);
    spoil(bytes);
    expect(() => new FrameReader(new Recorder()).feed(bytes)).toThrow(fault);
  });
});
