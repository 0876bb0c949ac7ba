import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { adoptSocket } from '../../rendezvous/adoptSocket.js';
import { type Endpoint, endpointOf } from '../../rendezvous/introduction.js';
import { HELLO_BYTES, linkOf } from './greeting.js';
import { Intake } from './intake.js';
import type { SystemCalls } from './systemCalls.js';
import { acceptWithinHost } from './withinHost.js';

/** Connections of which it is not yet known which link they are for. */
const MAX_STRANGERS = 256;
const HELLO_TIMEOUT_MS = 4000;

/** A connection that said which link it is for, which it has yet to prove. */
export interface Visitor {
  readonly socket: Socket;
  readonly intake: Intake;
  readonly hello: Buffer;
}

interface EarlyVisitor {
  readonly linkId: number;
  readonly visitor: Visitor;
  leaveRoom(): void;
}

/** Where the other ranks of the same network connect to: one listening port, never the one that links are punched from. */
export class Door {
  readonly #server: Server;
  readonly #expected = new Map<number, (visitor: Visitor) => void>();
  /** Those who came before the introduction did. */
  readonly #early = new Set<EarlyVisitor>();
  readonly #strangers = new Set<Socket>();

  private constructor(server: Server, calls: SystemCalls | undefined) {
    this.#server = server;
    const adjust = acceptWithinHost(server, calls);
    server.on('connection', (accepted) => {
      adjust(accepted);
      void this.#receive(accepted);
    });
  }

  /** Opens a door at an address of this host; `undefined` where that is not possible. */
  static async open(address: string, calls?: SystemCalls): Promise<Door | undefined> {
    const server = createServer({ noDelay: true, pauseOnConnect: true });
    try {
      server.listen({ host: address, port: 0 });
      await once(server, 'listening');
    } catch {
      return undefined;
    }
    // It must not keep alive a process that has nothing else to do.
    server.unref();
    return new Door(server, calls);
  }

  get endpoint(): Endpoint | null {
    const address = this.#server.address();
    return typeof address === 'object' && address ? (endpointOf(address.address, address.port) ?? null) : null;
  }

  /** Hands over every connection that says it is for this link, until the returned function is called. */
  expect(linkId: number, welcome: (visitor: Visitor) => void): () => void {
    this.#expected.set(linkId, welcome);
    for (const early of this.#early) {
      if (early.linkId !== linkId) continue;
      early.leaveRoom();
      welcome(early.visitor);
    }
    return () => this.#expected.delete(linkId);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#strangers) socket.destroy();
  }

  async #receive(accepted: Socket): Promise<void> {
    if (this.#strangers.size >= MAX_STRANGERS) {
      accepted.destroy();
      return;
    }
    const intake = new Intake();
    const { socket, readsInPlace } = adoptSocket(accepted, intake.onread);
    socket.on('error', () => socket.destroy());
    this.#strangers.add(socket);
    const timer = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    intake.attach(socket);
    if (!readsInPlace) intake.listen(socket);
    try {
      const hello = await intake.read(HELLO_BYTES);
      clearTimeout(timer);
      this.#strangers.delete(socket);
      this.#admit(linkOf(hello), { socket, intake, hello });
    } catch {
      clearTimeout(timer);
      this.#strangers.delete(socket);
      socket.destroy();
    }
  }

  #admit(linkId: number, visitor: Visitor): void {
    const welcome = this.#expected.get(linkId);
    if (welcome) {
      welcome(visitor);
      return;
    }
    const { socket } = visitor;
    const timer = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    const leaveRoom = () => {
      clearTimeout(timer);
      socket.off('close', leaveRoom);
      this.#early.delete(early);
      this.#strangers.delete(socket);
    };
    const early: EarlyVisitor = { linkId, visitor, leaveRoom };
    this.#early.add(early);
    this.#strangers.add(socket);
    socket.once('close', leaveRoom);
  }
}
