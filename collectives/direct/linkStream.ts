import type { Socket } from 'node:net';
import type { ByteSink } from './intake.js';
import type { LinkConnection } from './linkMaker.js';
import type { Awaited, Spinner } from './spinner.js';

/** Where the bytes of a link leave. */
export interface ByteStream {
  /** Bytes handed over that the system has not taken. */
  readonly backlogBytes: number;
  /** @returns whether the system has taken all of it; otherwise `taken` is called once it has, and until then reads it. */
  write(pieces: readonly Uint8Array[], taken: () => void): boolean;
  /** Polls, if the rank may, until it is settled. */
  during(awaited: Awaited): void;
  /** Calls when what the other end has to say about the last bytes has probably come. */
  afterArrivals(call: () => void): void;
}

/** The bytes of a link in both directions. */
export interface LinkStream extends ByteStream {
  /** Bytes that have come so far. */
  readonly bytesRead: number;
  /** Bytes of messages that may come before the other end is told, while nothing goes its way. */
  readonly untoldBytes: number;
  /** From here on what comes goes into the sink; what that throws is handed to `onFault`, once. */
  open(sink: ByteSink, onFault: (error: unknown) => void): void;
  /** Calls once whoever waited for what has come has looked at it. */
  soon(call: () => void): void;
  /** Nothing follows; what was written before still leaves. */
  end(): void;
  /** Nothing that still comes is looked at, and nothing leaves any more. */
  stop(): void;
}

/** An acknowledgement costs a turn of the event loop at both ends; the sender keeps twice as much (`WINDOW_BYTES`). */
const UNTOLD_BYTES = 1_048_576;

/** A socket of Node as it is. */
export class NodeStream implements LinkStream {
  readonly #connection: LinkConnection;
  readonly #spinner: Spinner;

  constructor(connection: LinkConnection, spinner: Spinner) {
    this.#connection = connection;
    this.#spinner = spinner;
  }

  readonly untoldBytes = UNTOLD_BYTES;

  get backlogBytes(): number {
    return this.#connection.socket.writableLength;
  }

  get bytesRead(): number {
    return this.#connection.socket.bytesRead;
  }

  write(pieces: readonly Uint8Array[], taken: () => void): boolean {
    writeTogether(this.#connection.socket, pieces, taken);
    return false;
  }

  during(awaited: Awaited): void {
    this.#spinner.during(awaited);
  }

  afterArrivals(call: () => void): void {
    setImmediate(call);
  }

  soon(call: () => void): void {
    setImmediate(call);
  }

  open(sink: ByteSink, onFault: (error: unknown) => void): void {
    this.#connection.intake.open(sink, onFault);
  }

  end(): void {
    this.#connection.socket.end();
  }

  stop(): void {
    this.#connection.intake.stop();
  }
}

/** Hands pieces over to be written in one go; `taken` is called when the system has the last of them. */
export function writeTogether(socket: Socket, pieces: readonly Uint8Array[], taken: () => void): void {
  // Corking costs a short message more than it saves.
  const isSeveral = pieces.length > 1;
  if (isSeveral) socket.cork();
  for (const [index, piece] of pieces.entries()) {
    if (index === pieces.length - 1) socket.write(piece, taken);
    else socket.write(piece);
  }
  if (isSeveral) socket.uncork();
}
