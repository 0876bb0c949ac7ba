import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { TLSSocket } from 'node:tls';

/** An accepted connection whose bytes go to where `onread` says. */
export interface AdoptedSocket {
  readonly socket: Socket;
  /** Whether `onread` is used; otherwise the bytes come as `data` events. */
  readonly readsInPlace: boolean;
}

/**
 * Reads an accepted connection the way `net.connect({ onread })` reads one of our own. Servers of Node offer no such
 * option, and without it every 64 KB that arrive are fresh memory: at full speed, collecting that takes a server longer
 * than all the rest. So the connection is taken out of the socket that was accepted and into one of our own.
 *
 * A TLS connection, which has its plaintext from OpenSSL, stays as it is; so does any whose handle is not where it has
 * been since the first versions of Node. Both are read by `data` events, with the same outcome.
 */
export function adoptSocket(accepted: Socket, onread: OnReadOpts): AdoptedSocket {
  const handle: unknown = accepted instanceof TLSSocket ? undefined : Reflect.get(accepted, '_handle');
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) {
    return { socket: accepted, readsInPlace: false };
  }
  Reflect.set(accepted, '_handle', null);
  const options: SocketConstructorOpts & { handle: object; onread: OnReadOpts } = { handle, onread };
  const socket = new Socket(options);
  // The server has nothing to do with it any more.
  accepted.destroy();
  return { socket, readsInPlace: true };
}
