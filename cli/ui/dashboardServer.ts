import { randomBytes } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { send, sendError } from './answers.js';
import { answer, type DashboardSource } from './dashboardRoutes.js';
import { DashboardPortError } from './errors.js';
import { admit, requireToken, sameSecret } from './requestGuard.js';

const host = '127.0.0.1';

/** How long an address for the browser's command line is good; it can be seen in the list of processes. */
const ticketMs = 30_000;

/**
 * The dashboard's server. Every address begins with a token that it draws at its start; links in the page are relative, so
 * they carry it along, and no cookie is needed.
 */
export class DashboardServer {
  readonly #source: DashboardSource;
  readonly #server: Server;
  readonly #token = newSecret();
  readonly #closing = new AbortController();
  #ticket: { readonly secret: string; readonly expiresAtMs: number } | undefined;

  private constructor(source: DashboardSource) {
    this.#source = source;
    // Every answer under way listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /**
   * @param port - 0: any free one.
   * @throws DashboardPortError
   */
  static async start(source: DashboardSource, port: number): Promise<DashboardServer> {
    const dashboard = new DashboardServer(source);
    dashboard.#server.listen(port, host);
    await once(dashboard.#server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new DashboardPortError(port, error);
    });
    return dashboard;
  }

  /** Where the dashboard is; whoever knows it may do what it does. */
  get url(): string {
    return `${this.#origin}/${this.#token}/`;
  }

  get #origin(): string {
    return `http://${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** An address that leads to the dashboard once, soon. */
  drawTicket(): string {
    const secret = newSecret();
    this.#ticket = { secret, expiresAtMs: Date.now() + ticketMs };
    return `${this.#origin}/${secret}`;
  }

  /** Ends whatever is under way and listens no more. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      await this.#answer(request, response, signal);
    } catch (error) {
      if (!signal.aborted) sendError(response, error);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const { token, rest } = admit({ method, path, headers });
    if (this.#redeem(token)) return redirect(response, `/${this.#token}/`);
    requireToken(token, this.#token);
    if (rest === '') return redirect(response, `/${this.#token}/`);
    const { pathname, searchParams: query } = new URL(`${this.#origin}${rest}`);
    await answer(this.#source, pathname, { request, response, query, signal });
  }

  #redeem(given: string): boolean {
    const ticket = this.#ticket;
    if (!ticket || !sameSecret(given, ticket.secret)) return false;
    this.#ticket = undefined;
    return Date.now() < ticket.expiresAtMs;
  }
}

const newSecret = (): string => randomBytes(24).toString('base64url');

function redirect(response: ServerResponse, location: string): void {
  send(response, 303, 'text/plain; charset=utf-8', '', { location });
}
