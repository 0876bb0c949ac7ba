import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { messageOf } from '../run/errors.js';
import type { ServerCertificate } from './certificate.js';
import { RendezvousOptionsError } from './errors.js';
import type { RendezvousLimits } from './limits.js';
import { withPin } from './pinnedTls.js';

const LISTEN_BACKLOG = 4096;
const MAX_HTTP_HEADER_BYTES = 8192;

/** An HTTP server, with TLS where there is a certificate, that gives nobody much time or room before admission. */
export function createHttpServer(
  limits: RendezvousLimits,
  certificate: ServerCertificate | undefined,
  answer: RequestListener,
): Server {
  const options = {
    headersTimeout: limits.handshakeTimeoutMs,
    requestTimeout: limits.handshakeTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, limits.handshakeTimeoutMs),
    maxHeaderSize: MAX_HTTP_HEADER_BYTES,
    noDelay: true,
  };
  const http = certificate
    ? createTlsServer(
        {
          ...options,
          cert: certificate.certificate,
          key: certificate.privateKey,
          minVersion: 'TLSv1.3',
          handshakeTimeout: limits.handshakeTimeoutMs,
        },
        answer,
      )
    : createServer(options, answer);
  // Connections beyond the members: half-open ones, refusals on their way out, scrapes of the metrics.
  http.maxConnections = limits.maxMembers + 2 * limits.maxPendingConnections;
  http.on('clientError', (_error, socket) => socket.destroy());
  http.on('tlsClientError', (_error, socket) => socket.destroy());
  return http;
}

/** @throws RendezvousOptionsError when the port cannot be had. */
export async function listen(http: Server, host: string, port: number): Promise<void> {
  try {
    http.listen({ host, port, backlog: LISTEN_BACKLOG });
    await once(http, 'listening');
  } catch (error) {
    throw new RendezvousOptionsError([`${host}:${port} cannot be listened on: ${messageOf(error)}`]);
  }
}

/** Where members connect. */
export function urlOf(http: Server, certificate: ServerCertificate | undefined): string {
  const address = http.address();
  if (address === null || typeof address === 'string') throw new RendezvousOptionsError(['it listens on no port']);
  const host = `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  return certificate ? withPin(`wss://${host}`, certificate.fingerprint) : `ws://${host}`;
}
