import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { adoptSocket } from './adoptSocket.js';
import type { ServerCertificate } from './certificate.js';
import { type Clock, systemClock } from './clock.js';
import { serveConnection } from './connection.js';
import { ConnectionRate } from './connectionRate.js';
import { ControlStream } from './controlStream.js';
import { FrameIntake } from './frameIntake.js';
import { FrameMemory } from './frameMemory.js';
import { FrameSocket } from './frameSocket.js';
import { GroupRegistry } from './groupRegistry.js';
import { answerRequest, type HttpApiContext } from './httpApi.js';
import { IdleWatch } from './idleWatch.js';
import { endpointOf } from './introduction.js';
import type { JoinRequest } from './joinRequest.js';
import { type RendezvousLimits, resolveLimits } from './limits.js';
import { createHttpServer, listen, urlOf } from './listener.js';
import { type RendezvousLogger, silentLogger } from './log.js';
import { createMetrics } from './metrics.js';
import { startObserver } from './observer.js';
import { PendingConnections } from './pendingConnections.js';
import { closeCodes } from './protocol.js';
import { QueueBudget } from './queueBudget.js';
import type { Reducer } from './reducer.js';
import { checkSecret, type TokenSecret } from './token.js';
import { judgeUpgrade, refuseUpgrade } from './upgrade.js';

const DRAIN_CHECK_MS = 50;
/** Memory of frames that is kept for the next ones. */
const KEPT_MEMORY_BYTES = 33_554_432;

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
  /** With it, everything but the observer speaks TLS, and `url` carries the fingerprint. */
  certificate?: ServerCertificate;
  limits?: Partial<RendezvousLimits>;
  /** With it, the server is `idle` when for so long no member was there and no run was announced. */
  stopWhenIdleMs?: number;
  /** With it, the server carries out reductions of the whole world (`collectives/treeReducer.ts`). */
  reducer?: Reducer;
  logger?: RendezvousLogger;
  clock?: Clock;
}

export interface RendezvousServer {
  /** Where members connect: `ws://host:port`, or with a certificate `wss://host:port#sha256=<fingerprint>`. */
  readonly url: string;
  readonly observerPort: number;
  /**
   * Resolves when nobody has needed the server for `stopWhenIdleMs`. From that moment on it begins no new group, so that
   * it can be closed without anyone being cut off.
   */
  readonly idle: Promise<void>;
  /**
   * Begins no new group from now on, waits until the last member has left, at most `timeoutMs`, and then closes.
   * Resolves with the number of members that were still there.
   */
  drain(timeoutMs: number): Promise<number>;
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
  const { clock = systemClock, logger = silentLogger, certificate } = options;
  const budget = new QueueBudget(limits.maxTotalQueuedBytes);
  const metrics = createMetrics({
    groups: () => groups.liveGroupCount,
    members: () => groups.memberCount,
    queuedBytes: () => budget.usedBytes,
  });
  const observer = await startObserver(options.host, options.observerPort ?? 0, limits.handshakeTimeoutMs);
  const { reducer } = options;
  const memory = new FrameMemory(KEPT_MEMORY_BYTES);
  const shared = { memory, limits, metrics, budget, logger, clock, observerPort: observer.port, reducer };
  const groups = new GroupRegistry(shared);
  const idleWatch = new IdleWatch({
    clock,
    afterMs: options.stopWhenIdleMs,
    memberCount: () => groups.memberCount,
    decide: () => groups.drain(),
  });
  const context: HttpApiContext = { ...shared, groups, idleWatch, secret: options.secret };
  const rate = new ConnectionRate(limits.connectionsPerSecond, clock);
  const pending = new PendingConnections(limits.maxPendingConnections, () => metrics.dropped.inc());
  const sockets = new Set<FrameSocket>();
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });
  let stopping = false;

  const http = createHttpServer(limits, certificate, (request, response) => {
    pending.settle(request.socket);
    answerRequest(context, request, response).catch((error: unknown) => {
      logger.warn('Request failed.', { path: request.url ?? '', error: String(error) });
      response.destroy();
    });
  });
  pending.watch(http);
  http.on('upgrade', (request, socket, head) => {
    pending.settle(request.socket);
    socket.on('error', () => socket.destroy());
    const verdict = stopping
      ? { status: 503, reason: 'STOPPING', message: 'the server stops.' }
      : judgeUpgrade(context, rate, request);
    if ('status' in verdict) {
      metrics.refused.inc({ status: verdict.status, reason: verdict.reason });
      logger.warn('Connection refused.', { status: verdict.status, reason: verdict.reason });
      refuseUpgrade(socket, verdict);
      if (socket instanceof Socket) socket.setTimeout(limits.handshakeTimeoutMs, () => socket.destroy());
    } else upgrade(request, head, verdict);
  });

  function upgrade(request: IncomingMessage, head: Buffer, join: JoinRequest): void {
    const { remoteAddress, remotePort } = request.socket;
    const intake = new FrameIntake();
    const { socket, readsInPlace } = adoptSocket(request.socket, intake.onread);
    const control = new ControlStream(socket);
    upgrader.handleUpgrade(request, control, Buffer.alloc(0), (webSocket) => {
      const connection = new FrameSocket({ webSocket, socket, control, masking: 'none' });
      sockets.add(connection);
      connection.onceClosed(() => sockets.delete(connection));
      const admission = groups.admit(join, connection);
      if (!admission) {
        connection.close(closeCodes.protocolBroken, 'this session is over');
        return;
      }
      admission.member.observed = endpointOf(remoteAddress, remotePort);
      serveConnection(connection, admission, context);
      connection.feed(head);
      if (readsInPlace) intake.open(connection);
      else socket.on('data', (bytes) => connection.feed(bytes));
    });
  }

  try {
    await listen(http, options.host, options.port);
  } catch (error) {
    await observer.close();
    throw error;
  }
  const stopBeating = clock.every(limits.heartbeatIntervalMs, () => {
    groups.beat();
    rate.sweep();
    idleWatch.beat();
  });

  async function close(): Promise<void> {
    if (stopping) return;
    stopping = true;
    stopBeating();
    const closed = once(http, 'close');
    http.close();
    groups.close('the server stops');
    await Promise.all([...sockets].map((socket) => new Promise<void>((resolve) => socket.onceClosed(resolve))));
    http.closeAllConnections();
    await Promise.all([closed, observer.close()]);
  }

  return {
    url: urlOf(http, certificate),
    observerPort: observer.port,
    idle: idleWatch.idle,
    async drain(timeoutMs) {
      groups.drain();
      const deadlineMs = clock.nowMs() + timeoutMs;
      while (groups.memberCount > 0 && clock.nowMs() < deadlineMs) {
        await new Promise<void>((resolve) => {
          clock.after(DRAIN_CHECK_MS, resolve);
        });
      }
      const left = groups.memberCount;
      await close();
      return left;
    },
    close,
  };
}
