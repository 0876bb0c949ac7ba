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
 * Node does not document what this relies on, and may change it with any version: that a socket keeps the libuv handle
 * of its connection in `_handle`, that the constructor of `Socket` takes such a handle, and that a handle which can be
 * read in place has `useUserBuffer`. A socket without such a handle is left as it is, and is read by `data` events: slower,
 * with the same outcome. That is also the way of TLS connections, which have their plaintext from OpenSSL.
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
