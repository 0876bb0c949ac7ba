import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';

/** Flags of send(2) and recv(2), as Linux numbers them on every processor. */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
/** For socket(2). */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 0x1;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
/** For setsockopt(2): the level and the name of the option, and the longest name of an algorithm with its end. */
const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;
const TCP_CA_NAME_MAX = 16;

/** What a rank asks of the system without going through the event loop. None of it ever waits. */
export interface SystemCalls {
  /** recv(2): bytes put into `place`; 0 at the end of the stream, -1 when there are none yet or the connection is broken. */
  receive(fileDescriptor: number, place: Uint8Array): number;
  /**
   * send(2): bytes taken, fewer than given when there is no room; -1 when there is none at all, or the connection is broken.
   *
   * @param isFollowed whether more follows at once, so that it travels together.
   */
  send(fileDescriptor: number, bytes: Uint8Array, isFollowed: boolean): number;
  /** socket(2) of TCP, for Node to connect; -1 when the system gives none. */
  openSocket(isIpv6: boolean): number;
  /** close(2). */
  closeSocket(fileDescriptor: number): void;
  /** The algorithm that decides when TCP sends (TCP_CONGESTION of tcp(7)); `undefined` when the system does not say. */
  congestionControl(fileDescriptor: number): string | undefined;
  /** @returns whether the system agreed. */
  setCongestionControl(fileDescriptor: number, algorithm: string): boolean;
  /** sched_yield(2): lets others run that wait for this CPU. */
  yieldCpu(): void;
}

/** Calls into the C library, by the optional package koffi; `undefined` without it, and elsewhere than on Linux. */
export const systemCalls = loadSystemCalls();

function loadSystemCalls(): SystemCalls | undefined {
  if (process.platform !== 'linux') return undefined;
  let library: { func(definition: string): (...values: unknown[]) => number };
  try {
    library = createRequire(import.meta.url)('koffi').load(null);
  } catch {
    // An optional package without a build for this platform, or left out of a bundle.
    return undefined;
  }
  const receive = library.func('intptr_t recv(int fd, void *place, size_t length, int flags)');
  const send = library.func('intptr_t send(int fd, const void *bytes, size_t length, int flags)');
  const openSocket = library.func('int socket(int domain, int type, int protocol)');
  const closeSocket = library.func('int close(int fd)');
  const option = library.func('int getsockopt(int fd, int level, int name, void *value, uint32_t *length)');
  const setOption = library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
  return {
    openSocket: (isIpv6) => openSocket(isIpv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    closeSocket,
    congestionControl: (fileDescriptor) => {
      const name = Buffer.alloc(TCP_CA_NAME_MAX);
      const isTold = option(fileDescriptor, IPPROTO_TCP, TCP_CONGESTION, name, Uint32Array.of(name.byteLength)) === 0;
      return isTold ? name.toString('latin1', 0, name.indexOf(0)) : undefined;
    },
    setCongestionControl: (fileDescriptor, algorithm) =>
      setOption(fileDescriptor, IPPROTO_TCP, TCP_CONGESTION, Buffer.from(algorithm), algorithm.length) === 0,
    receive: (fileDescriptor, place) => receive(fileDescriptor, place, place.byteLength, MSG_DONTWAIT),
    send: (fileDescriptor, bytes, isFollowed) => {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL | (isFollowed ? MSG_MORE : 0);
      return send(fileDescriptor, bytes, bytes.byteLength, flags);
    },
    yieldCpu: library.func('int sched_yield()'),
  };
}

/**
 * The number by which the system knows a connection, or a listening port. Node does not document that a socket keeps it in `_handle.fd`, and may
 * change it with any version: then `undefined`, and the socket is used the ordinary way.
 */
export function fileDescriptorOf(socket: Socket | Server): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
