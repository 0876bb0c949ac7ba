import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { ControlStream } from './controlStream.js';
import { FrameError } from './errors.js';
import { type CutterSink, MessageCutter } from './messageCutter.js';
import type { PackedFrame } from './packedFrame.js';
import { decodeFrame } from './protocol.js';

/** Hears what comes over a socket, in the order of arrival. A `FrameError` that `frame` throws goes to `broken`. */
export interface FrameSocketListener extends CutterSink {
  /** The other end broke the protocol; nothing of it is read any more. */
  broken(error: FrameError): void;
  /** The connection failed; `closed` follows. */
  failed(error: Error): void;
  closed(code: number, reason: string): void;
}

/** Called when the operating system has taken a frame, or has failed to. */
export type Written = (error?: Error | null) => void;

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
  #listener: FrameSocketListener | undefined;

  constructor({ webSocket, socket, control, masking }: FrameSocketParts) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#control = control;
    this.#masking = masking;
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Where this end's connection begins, and where it leads. */
  get ends(): Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'> {
    return this.#socket;
  }

  /** To be called once, before anything is fed or read. */
  listen(listener: FrameSocketListener): void {
    const isClient = this.#masking === 'none';
    const cutter = new MessageCutter(listener, isClient, (bytes) => this.#control.accept(bytes));
    this.#cutter = cutter;
    this.#listener = listener;
    // Text, and messages that somebody on the way has cut in pieces.
    this.#webSocket.on('message', (data, isBinary) => {
      const bytes = isBinary && Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      try {
        listener.frame(decodeFrame(bytes, listener.maxFrameBytes), undefined);
      } catch (error) {
        this.#break(error);
      }
    });
    this.#webSocket.on('error', (error) => {
      cutter.stop();
      listener.failed(error);
    });
    this.#webSocket.once('close', (code, reason) => listener.closed(code, reason.toString()));
  }

  /** Where the socket is to put what it reads next. */
  place(): Uint8Array | undefined {
    return this.#cutter?.place();
  }

  /** So many bytes were put into the last `place()`. */
  placed(length: number): void {
    try {
      this.#cutter?.placed(length);
    } catch (error) {
      this.#break(error);
    }
  }

  /** Takes in what was read, which it may change. */
  feed(bytes: Buffer): void {
    try {
      this.#cutter?.feed(bytes);
    } catch (error) {
      this.#break(error);
    }
  }

  /**
   * Sends a frame if the connection is open; `written` is called when the operating system has taken it. It is best the
   * same function for every frame: then the calls for frames that are written together cost one turn.
   */
  send(frame: PackedFrame, written?: Written): void {
    if (!this.isOpen) return;
    const done = frame.isLent ? keeping(frame, written) : written;
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

  #break(error: unknown): void {
    this.#cutter?.stop();
    if (!(error instanceof FrameError)) throw error;
    this.#listener?.broken(error);
  }
}

/** Until the operating system has taken a frame, its memory must stay what it is, whatever the other end acknowledges. */
function keeping(frame: PackedFrame, written: Written | undefined): Written {
  frame.hold();
  return (error) => {
    frame.release();
    written?.(error);
  };
}
