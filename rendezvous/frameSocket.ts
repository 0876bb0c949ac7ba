import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { ControlStream } from './controlStream.js';
import { FrameError } from './errors.js';
import { type CutterSink, MessageCutter } from './messageCutter.js';
import { type FrameAllocator, type PackedFrame, packFrame } from './packedFrame.js';
import { decodeFrame, type Frame, type FrameHeader } from './protocol.js';

/** Hears what comes over a socket, in the order of arrival. */
export interface FrameSocketListener {
  /** Largest frame, with its header, that is accepted at present. */
  readonly maxFrameBytes: number;
  /** Where the memory of whole frames comes from. */
  readonly memory?: FrameAllocator;
  /** Memory for the payload of a frame that begins; `undefined` to have it allocated. */
  place?(header: FrameHeader, payloadBytes: number): Uint8Array | undefined;
  /** `packed` holds the same frame where it is whole in one piece of memory. A `FrameError` goes to `broken`. */
  frame(frame: Frame, packed: PackedFrame | undefined): void;
  /** The other end broke the protocol; nothing of it is read any more. */
  broken(error: FrameError): void;
  /** The connection failed; `closed` follows. */
  failed(error: Error): void;
  closed(code: number, reason: string): void;
}

/**
 * How frames are masked on their way out: a server must not, a client must (RFC 6455 section 5.1). `zero` is the mask
 * that changes nothing, for clients that no careless proxy can overhear; `random` goes through the library.
 */
export type Masking = 'none' | 'zero' | 'random';

export interface FrameSocketParts {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly control: ControlStream;
  readonly masking: Masking;
}

/**
 * A WebSocket that carries frames. The library (ws) does the handshake, closes and answers pings; frames go straight
 * between the socket and the memory where they belong, several times faster than through the library's buffers.
 */
export class FrameSocket {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #control: ControlStream;
  readonly #masking: Masking;
  #cutter: MessageCutter | undefined;

  constructor({ webSocket, socket, control, masking }: FrameSocketParts) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#control = control;
    this.#masking = masking;
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /** Where this end's connection begins, and where it leads. */
  get ends(): Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'> {
    return this.#socket;
  }

  /** To be called once, before anything is fed or read. */
  listen(listener: FrameSocketListener): void {
    const sink: CutterSink = {
      get maxFrameBytes() {
        return listener.maxFrameBytes;
      },
      memory: listener.memory,
      place: (header, payloadBytes) => listener.place?.(header, payloadBytes),
      frame: (frame, packed) => listener.frame(frame, packed),
      other: (bytes) => this.#control.accept(bytes),
    };
    const cutter = new MessageCutter(sink, this.#masking === 'none');
    this.#cutter = cutter;
    const guard = (action: () => void) => {
      try {
        action();
      } catch (error) {
        cutter.stop();
        if (!(error instanceof FrameError)) throw error;
        listener.broken(error);
      }
    };
    this.#guard = guard;
    // Text, and messages that somebody on the way has cut in pieces.
    this.#webSocket.on('message', (data, isBinary) => {
      const bytes = isBinary && Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      guard(() => {
        const frame = decodeFrame(bytes, listener.maxFrameBytes);
        listener.frame(frame, packFrame(frame));
      });
    });
    this.#webSocket.on('error', (error) => {
      cutter.stop();
      listener.failed(error);
    });
    this.#webSocket.once('close', (code, reason) => listener.closed(code, reason.toString()));
  }

  #guard: (action: () => void) => void = (action) => action();

  /** Where the socket is to put what it reads next. */
  place(): Uint8Array | undefined {
    return this.#cutter?.place();
  }

  /** So many bytes were put into the last `place()`. */
  placed(length: number): void {
    this.#guard(() => this.#cutter?.placed(length));
  }

  /** Takes in what was read. */
  feed(bytes: Buffer): void {
    this.#guard(() => this.#cutter?.feed(bytes));
  }

  /** Sends a frame if the connection is open; `written` is called when the operating system has taken it. */
  send(frame: PackedFrame, written?: (error?: Error | null) => void): void {
    if (!this.isOpen) return;
    // Until the operating system has taken it, its memory must stay what it is, whatever the other end acknowledges.
    frame.hold();
    const done = (error?: Error | null) => {
      frame.release();
      written?.(error);
    };
    if (this.#masking === 'random') this.#webSocket.send(frame.bytes, { binary: true }, done);
    else this.#socket.write(frame.message(this.#masking === 'zero'), done);
  }

  close(code: number, reason?: string): void {
    this.#webSocket.close(code, reason);
  }

  onceClosed(action: () => void): void {
    this.#webSocket.once('close', action);
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Ends the connection at once. Resolves when it has ended. */
  async end(): Promise<void> {
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => {
      this.#webSocket.once('close', () => resolve());
    });
    this.terminate();
    await closed;
  }

  /** Stops reading; nothing is written to the memory that was lent by `place`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Nothing that still comes is heard. */
  ignore(): void {
    this.#cutter?.stop();
    this.#socket.pause();
  }
}
