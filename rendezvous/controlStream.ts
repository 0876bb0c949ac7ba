import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** What may wait to be written of the library's own frames (answers to pings); who reads none of them is cut off. */
const MAX_WAITING_BYTES = 65_536;

/**
 * What the WebSocket library sees of a socket: the handshake and whatever is not a whole binary message. The messages
 * themselves go past it (`FrameSocket`). When it ends or destroys this stream, the socket is.
 */
export class ControlStream extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.once('end', () => this.push(null));
    socket.once('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
  }

  /** Hands bytes of the socket to the library. */
  accept(bytes: Buffer): void {
    if (this.destroyed || this.readableEnded) return;
    this.push(bytes);
    if (this.writableLength > MAX_WAITING_BYTES) this.destroy();
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  /** A head and its content leave at once, even when the connection is ended right after. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
