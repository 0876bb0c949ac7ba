import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** Flags of send(2) and recv(2), as Linux numbers them on every processor. */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
/** For setsockopt(2): the level and the name of the option. */
const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;

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
  /**
   * For a connection that stays within one host: TCP's congestion control is to be Reno, which every Linux has. There is no
   * network to be congested, and those that watch delays or pace what they send (CUBIC, BBR) only hold long messages up.
   *
   * @returns whether the system agreed; if not, everything works as before.
   */
  sendUnpaced(fileDescriptor: number): boolean;
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
  const setOption = library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
  const reno = Buffer.from('reno');
  return {
    sendUnpaced: (fileDescriptor) =>
      setOption(fileDescriptor, IPPROTO_TCP, TCP_CONGESTION, reno, reno.byteLength) === 0,
    receive: (fileDescriptor, place) => receive(fileDescriptor, place, place.byteLength, MSG_DONTWAIT),
    send: (fileDescriptor, bytes, isFollowed) => {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL | (isFollowed ? MSG_MORE : 0);
      return send(fileDescriptor, bytes, bytes.byteLength, flags);
    },
    yieldCpu: library.func('int sched_yield()'),
  };
}

/**
 * The number by which the system knows a connection. Node does not document that a socket keeps it in `_handle.fd`, and may
 * change it with any version: then `undefined`, and the socket is used the ordinary way.
 */
export function fileDescriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
