import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { Endpoint } from '../../rendezvous/introduction.js';
import { sharedPort } from '../../rendezvous/sharedPort.js';
import { DirectLinkError } from './errors.js';

/** Pause before the next attempt after a refusal. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 50;

/**
 * Punches through NATs on both sides: connects from a port of which the NAT has a mapping (that of the rendezvous
 * connection, or the second time one at which only the observer was asked), to the public address of a peer that does the same at the same moment (TCP simultaneous open, RFC 9293
 * section 3.5). A SYN under way is never given up before the signal aborts: the peer's own may still meet it, or the
 * system's repetition of it after one second gets through. A refusal means that the peer was not ready: it is tried
 * again. Nothing may listen on the port.
 *
 * Proven between two Linux NATs that keep ports and drop what nobody asked for. NATs that give every connection another
 * port cannot be punched. One that answers an uninvited SYN with a reset is punched only when the two SYNs cross on the
 * way, which on paths of microseconds they did not. How the NAT before AWS Lambda behaves was not tested (published work
 * reports that it keeps ports).
 *
 * @throws DirectLinkError when the signal aborts, with the last fault as its cause.
 */
export async function punch(
  localPort: number,
  peer: Endpoint,
  onread: OnReadOpts,
  signal: AbortSignal,
): Promise<Socket> {
  let fault: Error | undefined;
  while (!signal.aborted) {
    const socket = connect({
      host: peer.address,
      port: peer.port,
      ...sharedPort(peer.address, localPort),
      noDelay: true,
      onread,
    });
    const outcome = await connected(socket, signal);
    if (outcome === 'connected') return socket;
    socket.destroy();
    fault = outcome ?? fault;
    await pause(SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS), signal);
  }
  throw new DirectLinkError(`${peer.address}:${peer.port} could not be reached`, fault);
}

/** How connecting went: the error, or `undefined` when the signal ended it. */
export function connected(socket: Socket, signal: AbortSignal): Promise<'connected' | Error | undefined> {
  return new Promise((resolve) => {
    const finish = (outcome: 'connected' | Error | undefined) => {
      signal.removeEventListener('abort', abort);
      resolve(outcome);
    };
    const abort = () => finish(undefined);
    signal.addEventListener('abort', abort);
    socket.once('connect', () => finish('connected'));
    // Stays for the life of the socket; `close` tells everyone else that it is over.
    socket.on('error', finish);
    if (signal.aborted) abort();
  });
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}
