import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { messageOf } from '../run/errors.js';
import { RendezvousOptionsError } from './errors.js';
import { endpointOf } from './introduction.js';

const MAX_CONNECTIONS = 4096;

export interface Observer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Tells whoever connects from where it was reached, as one line of JSON (`{"address":"198.51.100.7","port":40000}`),
 * and hangs up. It reads nothing and remembers nothing, so it needs no token: it is to TCP what STUN (RFC 8489) is to
 * UDP. Together with what the rendezvous itself sees, it shows whether a NAT gives every connection another port.
 *
 * @throws RendezvousOptionsError when the port cannot be listened on.
 */
export async function startObserver(host: string, port: number, timeoutMs: number): Promise<Observer> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.resume();
    socket.end(`${JSON.stringify(endpointOf(socket.remoteAddress, socket.remotePort) ?? null)}\n`);
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    server.listen({ host, port, backlog: MAX_CONNECTIONS });
    await once(server, 'listening');
  } catch (error) {
    throw new RendezvousOptionsError([`observer port ${host}:${port} cannot be listened on: ${messageOf(error)}`]);
  }
  return { port: portOf(server), close: () => closeServer(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}
