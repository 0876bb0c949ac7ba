import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from './clock.js';
import { ConnectionRate } from './connectionRate.js';
import { RendezvousOptionsError } from './errors.js';
import { GroupRegistry } from './groupRegistry.js';
import { answerRequest, type HttpApiContext } from './httpApi.js';
import { endpointOf } from './introduction.js';
import { type RendezvousLimits, resolveLimits } from './limits.js';
import { type RendezvousLogger, silentLogger } from './log.js';
import { createMetrics } from './metrics.js';
import { startObserver } from './observer.js';
import { closeCodes } from './protocol.js';
import { relayFrame } from './relay.js';
import { checkSecret, type MemberClaims, type TokenSecret } from './token.js';
import { judgeUpgrade, refuseUpgrade } from './upgrade.js';

const LISTEN_BACKLOG = 4096;
const MAX_HTTP_HEADER_BYTES = 8192;
/** Connections beyond the members: half-open ones, refusals on their way out, scrapes of the metrics. */
const SPARE_CONNECTIONS = 4096;

export interface RendezvousOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /**
   * A second port at which the server tells whoever connects from where it was reached, so that a NAT that changes
   * ports is recognised; 0 (the default) takes any free port. Behind a firewall both ports must be open.
   */
  observerPort?: number;
  secret: TokenSecret;
  limits?: Partial<RendezvousLimits>;
  logger?: RendezvousLogger;
  clock?: Clock;
}

export interface RendezvousServer {
  /** Where members connect: `ws://host:port`. */
  readonly url: string;
  readonly observerPort: number;
  /** Tells every member that the server stops, and stops. */
  close(): Promise<void>;
}

/**
 * Starts the meeting place of runs: it admits members by token, forms groups by run id, relays their frames and tells
 * them at once who is gone.
 *
 * @throws RendezvousOptionsError when the secret or a limit cannot be worked with, or the port cannot be listened on.
 */
export async function startRendezvous(options: RendezvousOptions): Promise<RendezvousServer> {
  checkSecret(options.secret);
  const limits = resolveLimits(options.limits);
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const metrics = createMetrics({
    groups: () => groups.liveGroupCount,
    members: () => groups.memberCount,
    queuedBytes: () => groups.queuedBytes,
  });
  const rate = new ConnectionRate(limits.connectionsPerSecond, clock);
  const observer = await startObserver(options.host, options.observerPort ?? 0, limits.handshakeTimeoutMs);
  const { port: observerPort } = observer;
  const groups = new GroupRegistry({ limits, metrics, logger, clock, observerPort });
  const context: HttpApiContext = { limits, metrics, logger, clock, observerPort, groups, secret: options.secret };
  const sockets = new Set<WebSocket>();
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });

  const http = createServer(
    {
      headersTimeout: limits.handshakeTimeoutMs,
      requestTimeout: limits.handshakeTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, limits.handshakeTimeoutMs),
      maxHeaderSize: MAX_HTTP_HEADER_BYTES,
      noDelay: true,
    },
    (request, response) => {
      answerRequest(context, request, response).catch((error: unknown) => {
        logger.warn('Request failed.', { path: request.url ?? '', error: String(error) });
        response.destroy();
      });
    },
  );
  http.maxConnections = limits.maxMembers + SPARE_CONNECTIONS;
  http.on('clientError', (_error, socket) => socket.destroy());
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const verdict = stopping
      ? { status: 503, reason: 'STOPPING', message: 'the server stops.' }
      : judgeUpgrade(context, rate, request);
    if ('status' in verdict) {
      metrics.refused.inc({ status: verdict.status, reason: verdict.reason });
      logger.warn('Connection refused.', { status: verdict.status, reason: verdict.reason });
      refuseUpgrade(socket, verdict);
    } else upgrade(request, socket, head, verdict);
  });

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, claims: MemberClaims): void {
    upgrader.handleUpgrade(request, socket, head, (connection) => {
      const { group, member } = groups.admit(claims, connection);
      member.observed = endpointOf(request.socket.remoteAddress, request.socket.remotePort);
      sockets.add(connection);
      let fault: string | undefined;
      connection.on('error', (error) => {
        fault = error.message;
      });
      connection.on('message', (data, isBinary) => {
        if (member.closeCause !== undefined) return;
        try {
          relayFrame(group, member, isBinary && Buffer.isBuffer(data) ? data : Buffer.alloc(0), context);
        } catch (error) {
          // Whatever a member sends must not stop the server for the others.
          fault = error instanceof Error ? error.message : String(error);
          logger.warn('Member broke the protocol.', { runId: claims.runId, rank: claims.rank, fault });
          member.close(closeCodes.protocolBroken, fault);
          group.depart(member, fault);
        }
      });
      connection.on('close', (code) => {
        sockets.delete(connection);
        group.depart(member, member.closeCause ?? fault ?? `its connection ended (code ${code})`);
      });
    });
  }

  let stopping = false;
  try {
    await listen(http, options);
  } catch (error) {
    await observer.close();
    throw error;
  }
  const stopBeating = clock.every(limits.heartbeatIntervalMs, () => {
    groups.beat();
    rate.sweep();
  });

  return {
    url: urlOf(http),
    observerPort,
    async close() {
      if (stopping) return;
      stopping = true;
      stopBeating();
      const closed = once(http, 'close');
      http.close();
      groups.close('the server stops');
      await Promise.all([...sockets].map((socket) => once(socket, 'close')));
      http.closeAllConnections();
      await Promise.all([closed, observer.close()]);
    },
  };
}

async function listen(http: Server, { host, port }: RendezvousOptions): Promise<void> {
  try {
    http.listen({ host, port, backlog: LISTEN_BACKLOG });
    await once(http, 'listening');
  } catch (error) {
    throw new RendezvousOptionsError([
      `${host}:${port} cannot be listened on: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

function urlOf(http: Server): string {
  const address = http.address();
  if (address === null || typeof address === 'string') throw new RendezvousOptionsError(['it listens on no port']);
  return `ws://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
