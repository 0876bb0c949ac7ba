import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { FrameCutter, headerBytes } from './frames.js';

/** A relay with nothing in it but TCP: what the WebSocket relay is measured against. */
export interface TcpRelayServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The first frame of a connection says which rank it is; every later one goes to the rank that it names. */
export async function startTcpRelay(): Promise<TcpRelayServer> {
  const sockets = new Set<Socket>();
  const members = new Map<number, Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const cutter = new FrameCutter();
    let isNamed = false;
    socket.on('data', (chunk) => {
      for (const { peer, frame } of cutter.cut(chunk)) {
        if (!isNamed) {
          isNamed = true;
          members.set(peer, socket);
          socket.write(frame.subarray(0, headerBytes));
        } else members.get(peer)?.write(frame);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    port: address.port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
