import type { Socket } from 'node:net';
import { MERGED_BYTES } from './frameWriter.js';
import type { ByteSink, Intake } from './intake.js';
import type { LinkConnection } from './linkMaker.js';
import { type LinkStream, writeTogether } from './linkStream.js';
import { NO_BYTES } from './noBytes.js';
import type { Pollable, Poller } from './poller.js';
import type { Awaited } from './spinner.js';
import type { SystemCalls } from './systemCalls.js';

/** What the event loop reads of what wakes a rank up; the rank reads the rest itself. */
const WAKING_BYTES = 4096;
/** After so many bytes of one stream the others have their turn. */
const TURN_BYTES = 1_048_576;
/** An acknowledgement costs less than the copy of what is not acknowledged, which the sender has of short messages anyway. */
const UNTOLD_BYTES = MERGED_BYTES + 1;
/** Time in which whoever has got a long message says so, while both ends poll. */
const ARRIVALS_MS = 0.1;

/** Bytes that the system had no room for. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly taken: (() => void) | undefined;
}

/**
 * A socket that is read and written by system calls, at the moments that the poller chooses, straight into where the sink
 * wants the bytes. Node's event loop connects and closes it, reads what wakes up a rank that has gone to sleep, and
 * writes what a rank that goes to sleep leaves behind.
 */
export class PolledStream implements LinkStream, ByteSink, Pollable {
  readonly untoldBytes = UNTOLD_BYTES;
  readonly #socket: Socket;
  readonly #intake: Intake;
  readonly #fileDescriptor: number;
  readonly #calls: SystemCalls;
  readonly #poller: Poller;
  readonly #waking = Buffer.allocUnsafeSlow(WAKING_BYTES);
  #backlog: Waiting[] = [];
  #backlogBytes = 0;
  #bytesRead = NO_BYTES;
  /** What is waited for, latest last; below one that is not settled there may be some that are. */
  readonly #awaited: Awaited[] = [];
  #sink: ByteSink | undefined;
  #onFault: (error: unknown) => void = () => {};

  constructor({ socket, intake }: LinkConnection, fileDescriptor: number, calls: SystemCalls, poller: Poller) {
    this.#socket = socket;
    this.#intake = intake;
    this.#fileDescriptor = fileDescriptor;
    this.#calls = calls;
    this.#poller = poller;
    poller.attend(this);
  }

  get backlogBytes(): number {
    return this.#backlogBytes + this.#socket.writableLength;
  }

  get isWanted(): boolean {
    this.#forgetSettled();
    return this.#awaited.length > 0 || this.#backlogBytes > 0;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  open(sink: ByteSink, onFault: (error: unknown) => void): void {
    this.#sink = sink;
    this.#onFault = onFault;
    this.#intake.open(this, onFault);
  }

  stop(): void {
    this.#poller.forget(this);
    this.#sink = undefined;
    this.#awaited.length = 0;
    this.#backlog = [];
    this.#backlogBytes = 0;
    this.#intake.stop();
  }

  end(): void {
    this.rest();
    this.#socket.end();
  }

  write(pieces: readonly Uint8Array[], taken: () => void): boolean {
    if (this.#socket.writableLength > 0) {
      writeTogether(this.#socket, pieces, taken);
      return false;
    }
    let left = pieces.length;
    for (const piece of pieces) {
      left -= 1;
      const sent = this.#backlogBytes === 0 ? this.#send(piece, left > 0) : 0;
      if (sent === piece.byteLength) continue;
      this.#backlog.push({ bytes: piece.subarray(sent), taken: left === 0 ? taken : undefined });
      this.#backlogBytes += piece.byteLength - sent;
    }
    if (this.#backlogBytes === 0) return true;
    if (!this.#poller.stir()) this.rest();
    return false;
  }

  during(awaited: Awaited): void {
    this.#forgetSettled();
    this.#awaited.push(awaited);
    this.#poller.stir();
  }

  afterArrivals(call: () => void): void {
    this.#poller.after(ARRIVALS_MS, call);
  }

  soon(call: () => void): void {
    this.#poller.after(0, call);
  }

  poll(): boolean {
    const hasSent = this.#backlogBytes > 0 && this.#sendBacklog();
    return this.#drain() || hasSent;
  }

  rest(): void {
    const backlog = this.#backlog;
    if (backlog.length === 0) return;
    this.#backlog = [];
    this.#backlogBytes = 0;
    for (const { bytes, taken } of backlog) this.#socket.write(bytes, taken);
  }

  /** Where the event loop reads to. */
  place(): Uint8Array {
    return this.#waking;
  }

  placed(length: number): void {
    this.feed(this.#waking.subarray(0, length));
    this.#drain();
    this.#poller.stir();
  }

  feed(bytes: Uint8Array): void {
    this.#bytesRead += bytes.byteLength;
    this.#sink?.feed(bytes);
  }

  #forgetSettled(): void {
    const awaited = this.#awaited;
    while (awaited[awaited.length - 1]?.isSettled) awaited.pop();
  }

  /** @returns whether anything was there. */
  #drain(): boolean {
    const before = this.#bytesRead;
    try {
      // Once a socket is destroyed its number may be that of another.
      while (this.#sink && !this.#socket.destroyed && this.#bytesRead - before < TURN_BYTES) {
        const place = this.#sink.place();
        const length = this.#calls.receive(this.#fileDescriptor, place);
        // The end of the stream, and what broke it, are left to the event loop.
        if (length <= 0) break;
        this.#bytesRead += length;
        this.#sink.placed(length);
        if (length < place.byteLength) break;
      }
    } catch (error) {
      this.stop();
      this.#onFault(error);
    }
    return this.#bytesRead > before;
  }

  #sendBacklog(): boolean {
    let hasSent = false;
    for (let [head] = this.#backlog; head; [head] = this.#backlog) {
      const { bytes, taken } = head;
      const sent = this.#send(bytes, this.#backlog.length > 1);
      this.#backlogBytes -= sent;
      hasSent ||= sent > 0;
      if (sent < bytes.byteLength) {
        this.#backlog[0] = { bytes: bytes.subarray(sent), taken };
        break;
      }
      this.#backlog.shift();
      // It may write more, or be the end of this stream.
      taken?.();
    }
    return hasSent;
  }

  /** @returns how many bytes the system has taken. Why it takes none, if the connection is broken, Node finds out. */
  #send(bytes: Uint8Array, isFollowed: boolean): number {
    if (this.#socket.destroyed) return 0;
    return Math.max(0, this.#calls.send(this.#fileDescriptor, bytes, isFollowed));
  }
}
