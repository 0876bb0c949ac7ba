import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that have asked for nothing yet. When there are too many, the oldest are dropped: an honest client needs
 * milliseconds to send its request, so a flood of half-open connections does not shut it out.
 */
export class PendingConnections {
  readonly #max: number;
  readonly #pending = new Map<string, Socket>();
  readonly #onDrop: () => void;

  constructor(max: number, onDrop: () => void) {
    this.#max = max;
    this.#onDrop = onDrop;
  }

  /** Watches whatever connects to a server. */
  watch(http: Server): void {
    http.on('connection', (socket: Socket) => {
      const name = nameOf(socket);
      this.#pending.set(name, socket);
      socket.once('close', () => {
        if (this.#pending.get(name) === socket) this.#pending.delete(name);
      });
      if (this.#pending.size > this.#max) this.#dropOldest();
    });
  }

  /** The connection has asked for something. It may be the TLS side of the one that was watched. */
  settle(socket: Socket): void {
    this.#pending.delete(nameOf(socket));
  }

  #dropOldest(): void {
    for (const [name, socket] of this.#pending) {
      this.#pending.delete(name);
      socket.destroy();
      this.#onDrop();
      return;
    }
  }
}

function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
