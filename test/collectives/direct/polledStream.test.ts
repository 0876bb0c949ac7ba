import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Intake } from '../../../collectives/direct/intake.js';
import { PolledStream } from '../../../collectives/direct/polledStream.js';
import { Poller } from '../../../collectives/direct/poller.js';
import { fileDescriptorOf, type SystemCalls, systemCalls } from '../../../collectives/direct/systemCalls.js';
import { adoptSocket } from '../../../rendezvous/adoptSocket.js';

/** Takes in whatever comes, a place of some length at a time. */
class Recorder {
  readonly #pieces: Buffer[] = [];
  readonly #place = Buffer.alloc(10_000);
  /** Thrown when something comes. */
  fault: Error | undefined;
  bytes = 0;

  get content(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  place(): Uint8Array {
    return this.#place;
  }

  placed(length: number): void {
    this.feed(this.#place.subarray(0, length));
  }

  feed(bytes: Uint8Array): void {
    if (this.fault) throw this.fault;
    this.#pieces.push(Buffer.from(bytes));
    this.bytes += bytes.byteLength;
  }
}

interface End {
  readonly socket: Socket;
  readonly stream: PolledStream;
  readonly recorder: Recorder;
  readonly faults: unknown[];
}

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

function callsOfLinux(): SystemCalls {
  if (!systemCalls) throw new Error('koffi is not installed: run npm ci with optional packages');
  return systemCalls;
}

function endOf(socket: Socket, intake: Intake, pollMs: number): End {
  open.push(socket);
  socket.on('error', () => {});
  intake.attach(socket);
  const calls = callsOfLinux();
  const poller = new Poller({ pollMs, yieldCpu: calls.yieldCpu });
  const stream = new PolledStream({ socket, intake }, fileDescriptorOf(socket) ?? -1, calls, poller);
  return { socket, stream, recorder: new Recorder(), faults: [] };
}

/** Both ends of a connection; nothing is read before `listen`. */
async function connection(pollMs = 1): Promise<[End, End]> {
  const server = createServer({ noDelay: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const [near, far] = [new Intake(), new Intake()];
  const opening = connect({ host: '127.0.0.1', port, noDelay: true, onread: near.onread });
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(opening, 'connect')]);
  server.close();
  return [endOf(opening, near, pollMs), endOf(adoptSocket(accepted, far.onread).socket, far, pollMs)];
}

function listen({ stream, recorder, faults }: End): void {
  stream.open(recorder, (fault) => faults.push(fault));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const contentOf = (index: number, length: number) => Buffer.alloc(length, `${index}:${length};`);

/** Writes as one that waits does: not before what was written is taken, if it was not at once. */
async function write({ stream }: End, pieces: readonly Buffer[]): Promise<void> {
  await new Promise<void>((taken) => {
    if (stream.write(pieces, taken)) taken();
  });
}

const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 700_000 }), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 8,
});

describe.runIf(process.platform === 'linux')('a polled stream', () => {
  it('brings everything in order, both ways at once, with and without polling, to one who listens late', async () => {
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.constantFrom(0, 1),
        fc.boolean(),
        fc.boolean(),
        async (writes, pollMs, isLate, isAwaited) => {
          const [one, other] = await connection(pollMs);
          const all = writes.map((pieces, index) => pieces.map((length) => contentOf(index, length)));
          const whole = Buffer.concat(all.flat());
          if (!isLate) listen(other);
          listen(one);
          const waiting = { isSettled: false };
          if (isAwaited) one.stream.during(waiting);
          const sent = [one, other].map(async (end) => {
            for (const pieces of all) await write(end, pieces);
          });
          if (isLate) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            listen(other);
            if (isAwaited) other.stream.during(waiting);
          }
          await Promise.all(sent);
          await until(() => one.recorder.bytes + other.recorder.bytes === 2 * whole.length);
          waiting.isSettled = true;
          for (const { stream, recorder } of [one, other]) {
            expect(Buffer.compare(recorder.content, whole)).toBe(0);
            expect([stream.bytesRead, stream.backlogBytes, stream.isWanted]).toEqual([whole.length, 0, false]);
          }
          for (const { socket } of [one, other]) socket.destroy();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps the order when writes come while earlier bytes wait for room', async () => {
    const [one, other] = await connection();
    const all = Array.from({ length: 40 }, (_, index) => contentOf(index, 300_000));
    let taken = 0;
    for (const bytes of all) if (one.stream.write([bytes], () => taken++)) taken++;
    const backlogBytes = one.stream.backlogBytes;
    await new Promise((resolve) => setTimeout(resolve, 5));
    listen(other);
    await until(() => other.recorder.bytes === 40 * 300_000);
    expect(backlogBytes).toBeGreaterThan(0);
    expect(Buffer.compare(other.recorder.content, Buffer.concat(all))).toBe(0);
    await until(() => taken === 40);
  });

  it('loses nothing of what was written before its end', async () => {
    const [one, other] = await connection();
    const bytes = contentOf(1, 8_000_000);
    one.stream.write([bytes], () => {});
    one.stream.end();
    await new Promise((resolve) => setTimeout(resolve, 5));
    listen(other);
    await once(other.socket, 'end');
    expect(Buffer.compare(other.recorder.content, bytes)).toBe(0);
  });

  it.each([
    ['ends', (socket: Socket) => socket.end()],
    ['is reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('leaves it to the socket to tell that the connection %s, and reads nothing more', async (_, finish) => {
    const [one, other] = await connection(60_000);
    listen(one);
    listen(other);
    one.stream.during({ isSettled: false });
    const closed = once(one.socket, 'close');
    finish(other.socket);
    one.socket.once('end', () => one.socket.destroy());
    await closed;
    expect(one.stream.poll()).toBe(false);
    expect(one.stream.write([Buffer.of(1)], () => {})).toBe(false);
    one.stream.stop();
    expect(one.stream.isWanted).toBe(false);
  });

  it('hands what its sink throws over, once, and reads nothing more', async () => {
    const [one, other] = await connection();
    const fault = new Error('none of this protocol');
    one.recorder.fault = fault;
    listen(one);
    one.stream.during({ isSettled: false });
    await write(other, [contentOf(0, 100_000)]);
    await until(() => one.faults.length > 0);
    await write(other, [contentOf(1, 100_000)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(one.faults).toEqual([fault]);
    expect(one.stream.poll()).toBe(false);
  });

  it('remembers nothing of what has come, however much is waited for', async () => {
    const [one] = await connection();
    listen(one);
    const latest = { isSettled: false };
    for (let index = 0; index < 1000; index++) {
      const awaited = { isSettled: false };
      one.stream.during(awaited);
      awaited.isSettled = true;
    }
    expect(one.stream.isWanted).toBe(false);
    one.stream.during(latest);
    expect(one.stream.isWanted).toBe(true);
  });
});
