import type { OnReadOpts, Socket } from 'node:net';
import { messageOf } from '../../run/errors.js';
import { DirectLinkError } from './errors.js';

const SCRATCH_BYTES = 16_384;
/** What may arrive before anybody says where it belongs; beyond it the socket is not read. */
const HELD_BYTES = 262_144;

/** Says where bytes belong before they are read, and hears how many came. */
export interface ByteSink {
  place(): Uint8Array;
  placed(length: number): void;
  feed(bytes: Uint8Array): void;
}

/**
 * What comes out of a socket: at first it is held and read piece by piece, for the greeting; once a sink is there the
 * socket reads straight into the memory that the sink names (`onread` of `net.connect`), without a copy.
 */
export class Intake {
  /** To be given to `net.connect`. */
  readonly onread: OnReadOpts;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** The memory that the socket was given for its next read. */
  #offered: Uint8Array = this.#scratch;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #reader: { bytes: number; resolve: (bytes: Buffer) => void; reject: (reason: Error) => void } | undefined;
  #sink: ByteSink | undefined;
  #onFault: (error: unknown) => void = () => {};
  #over: Error | undefined;
  #socket: Socket | undefined;
  #readsInPlace = true;

  constructor() {
    this.onread = {
      buffer: () => {
        this.#offered = this.#sink?.place() ?? this.#scratch;
        return this.#offered;
      },
      callback: (length) => this.#arrived(length),
    };
  }

  /** Whether the socket holds back nothing that it has read. */
  get readsInPlace(): boolean {
    return this.#readsInPlace;
  }

  /** Takes the end of the socket for the end of what comes. */
  attach(socket: Socket): void {
    this.#socket = socket;
    socket.once('close', () => this.#end(new DirectLinkError('its connection ended')));
  }

  /** Takes in what comes out of a socket that was not made with `onread`. */
  listen(socket: Socket): void {
    this.#readsInPlace = false;
    socket.on('data', (bytes) => {
      if (!this.#took(bytes)) socket.pause();
    });
    socket.resume();
  }

  /** The next so many bytes. @throws DirectLinkError when the connection ends before. */
  read(bytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#reader = { bytes, resolve, reject };
      if (this.#over) reject(this.#over);
      else this.#serve();
    });
  }

  /** From here on everything goes into the sink; what it throws is handed to `onFault`, once. */
  open(sink: ByteSink, onFault: (error: unknown) => void): void {
    this.#sink = sink;
    this.#onFault = onFault;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#feed(held);
    this.#socket?.resume();
  }

  /** Nothing that still comes is looked at. */
  stop(): void {
    this.#sink = undefined;
    this.#end(new DirectLinkError('it was given up'));
  }

  /** @returns whether more may come. */
  #arrived(length: number): boolean {
    const sink = this.#sink;
    if (!sink || this.#offered === this.#scratch) return this.#took(Buffer.from(this.#scratch.subarray(0, length)));
    try {
      sink.placed(length);
    } catch (error) {
      this.#fail(error);
    }
    return !this.#over;
  }

  /** @returns whether more may come. */
  #took(bytes: Buffer): boolean {
    if (this.#over) return false;
    if (this.#sink) this.#feed([bytes]);
    else this.#hold(bytes);
    return this.#heldBytes < HELD_BYTES;
  }

  #hold(bytes: Buffer): void {
    if (this.#over) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#serve();
  }

  #serve(): void {
    const reader = this.#reader;
    if (!reader || this.#heldBytes < reader.bytes) return;
    const all = Buffer.concat(this.#held);
    const rest = all.subarray(reader.bytes);
    this.#held = rest.length > 0 ? [rest] : [];
    this.#heldBytes = rest.length;
    this.#reader = undefined;
    reader.resolve(all.subarray(0, reader.bytes));
  }

  #feed(held: readonly Buffer[]): void {
    try {
      for (const bytes of held) this.#sink?.feed(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#end(new DirectLinkError(messageOf(error), error));
    this.#onFault(error);
  }

  #end(error: Error): void {
    this.#over ??= error;
    this.#reader?.reject(this.#over);
    this.#reader = undefined;
  }
}
