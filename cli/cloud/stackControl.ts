import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Holder } from './stackLock.js';
import type { StackState } from './stackState.js';

/**
 * The small server by which other commands reach the process that runs the embedded cloud:
 *
 * - `GET /alive`: `{ id }`, to tell a living cloud from the file that a dead one left;
 * - `GET /state`: the cloud's state, once it is ready;
 * - `GET /use`: a connection that stays open while the asking command works with the cloud, so that a cloud which was
 *   started for one run alone waits for the others; 410 when it is closing;
 * - `POST /stop`: ends the cloud; answered when it has ended.
 *
 * All but the first need the token of the lock file, which only the directory's owner can read.
 */
export class StackControl {
  readonly holder: Holder;
  /** Resolves when somebody asks the cloud to end. */
  readonly stopRequested: Promise<void>;
  readonly #server: Server;
  readonly #users = new Set<ServerResponse>();
  readonly #waitingForEnd = new Set<ServerResponse>();
  readonly #ready: Promise<StackState>;
  #becomeReady: (state: StackState) => void = () => {};
  #requestStop: () => void = () => {};
  #whenUnused: (() => void)[] = [];
  #closing = false;

  private constructor(server: Server) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.holder = {
      id: randomUUID(),
      pid: process.pid,
      controlUrl: `http://127.0.0.1:${port}`,
      token: randomBytes(24).toString('base64url'),
    };
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.stopRequested = new Promise((resolve) => {
      this.#requestStop = resolve;
    });
    server.on('request', (request, response) => this.#answer(request, response));
  }

  static async start(): Promise<StackControl> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StackControl(server);
  }

  /** Tells those who wait that the cloud can be used. */
  ready(state: StackState): void {
    this.#becomeReady(state);
  }

  /** Resolves when no other command uses the cloud; from then on none can begin to. */
  async closeToUsers(): Promise<void> {
    while (this.#users.size > 0) await new Promise<void>((resolve) => this.#whenUnused.push(resolve));
    this.#closing = true;
  }

  get userCount(): number {
    return this.#users.size;
  }

  /** Ends the server; the last thing that the cloud's process does. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const response of [...this.#waitingForEnd]) response.end('{}');
    for (const response of [...this.#users]) response.end();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    const grace = setTimeout(() => this.#server.closeAllConnections(), 200);
    await closed;
    clearTimeout(grace);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('connection', 'close');
    const route = `${request.method} ${request.url}`;
    const trusted = request.headers.authorization === `Bearer ${this.holder.token}`;
    if (route === 'GET /alive') this.#json(response, 200, { id: this.holder.id });
    else if (!trusted) this.#json(response, 403, {});
    else if (route === 'GET /state') this.#answerState(response);
    else if (route === 'GET /use') this.#admitUser(response);
    else if (route === 'POST /stop') this.#stop(response);
    else this.#json(response, 404, {});
  }

  #json(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #answerState(response: ServerResponse): void {
    void this.#ready.then((state) => this.#json(response, 200, state));
  }

  #admitUser(response: ServerResponse): void {
    if (this.#closing) {
      response.writeHead(410).flushHeaders();
      this.#hold(response, this.#waitingForEnd);
      return;
    }
    response.writeHead(200).flushHeaders();
    this.#hold(response, this.#users, () => {
      if (this.#users.size > 0) return;
      for (const resolve of this.#whenUnused.splice(0)) resolve();
    });
  }

  #stop(response: ServerResponse): void {
    this.#hold(response, this.#waitingForEnd);
    this.#requestStop();
  }

  #hold(response: ServerResponse, among: Set<ServerResponse>, released: () => void = () => {}): void {
    among.add(response);
    response.on('close', () => {
      among.delete(response);
      released();
    });
  }
}
