import { connect, type Socket } from 'node:net';
import type { Endpoint, Introduction } from '../../rendezvous/introduction.js';
import type { Door, Visitor } from './door.js';
import { DirectLinkError } from './errors.js';
import { greet, type LinkIdentity } from './greeting.js';
import { Intake } from './intake.js';
import { connected, punch } from './punch.js';

/** A link whose two ends have proven themselves. */
export interface LinkSockets {
  /** What comes out of `inlet`. */
  readonly intake: Intake;
  /** The connection that is read. */
  readonly inlet: Socket;
  /** The connection that is written to; the same one where the link was punched. */
  readonly outlet: Socket;
}

/** What this rank has to make links with. */
export interface LinkMeans {
  readonly rank: number;
  /** Where it punches from. */
  readonly localPort: number;
  readonly door: Door | undefined;
}

/** How to reach a peer. */
export type Invitation = Exclude<Introduction, { how: 'relay' }>;

/**
 * Hangs up at once and forgets what was not sent. What is only closed goes on trying to bring its last bytes through a way
 * that swallows them, for a minute in which the same pair of ports cannot be connected again.
 */
export function hangUp(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

/**
 * Makes the link that the rendezvous introduced. `connect` takes two connections, each opened by the end that reads
 * it: only a socket that was opened here can be told beforehand where its bytes belong (`onread`).
 *
 * @throws DirectLinkError when it does not come about before the signal aborts.
 */
export async function makeLink(
  means: LinkMeans,
  peer: number,
  linkId: number,
  { how, peer: endpoint, key }: Invitation,
  signal: AbortSignal,
): Promise<LinkSockets> {
  const identity: LinkIdentity = { linkId, rank: means.rank, peer, key: Buffer.from(key, 'base64') };
  const sockets: Socket[] = [];
  const abandon = () => {
    for (const socket of sockets) hangUp(socket);
  };
  signal.addEventListener('abort', abandon);
  try {
    if (how === 'punch') return await punched(means, identity, endpoint, sockets, signal);
    return await connectedBothWays(means, identity, endpoint, sockets, signal);
  } catch (error) {
    abandon();
    throw error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

async function punched(
  { localPort }: LinkMeans,
  identity: LinkIdentity,
  endpoint: Endpoint,
  sockets: Socket[],
  signal: AbortSignal,
): Promise<LinkSockets> {
  const intake = new Intake();
  const socket = await punch(localPort, endpoint, intake.onread, signal);
  sockets.push(socket);
  intake.attach(socket, false);
  await greet(socket, intake, identity);
  return { intake, inlet: socket, outlet: socket };
}

async function connectedBothWays(
  { door }: LinkMeans,
  identity: LinkIdentity,
  endpoint: Endpoint,
  sockets: Socket[],
  signal: AbortSignal,
): Promise<LinkSockets> {
  if (!door) throw new DirectLinkError('this rank has no door for others to connect to');
  const [inlet, outlet] = await Promise.all([
    opened(identity, endpoint, sockets, signal),
    visited(door, identity, sockets, signal),
  ]);
  return { ...inlet, outlet };
}

async function opened(
  identity: LinkIdentity,
  { address: host, port }: Endpoint,
  sockets: Socket[],
  signal: AbortSignal,
): Promise<{ intake: Intake; inlet: Socket }> {
  const intake = new Intake();
  const socket = connect({ host, port, noDelay: true, onread: intake.onread });
  sockets.push(socket);
  intake.attach(socket, false);
  const outcome = await connected(socket, signal);
  if (outcome !== 'connected') throw new DirectLinkError(`${host}:${port} could not be reached`, outcome);
  await greet(socket, intake, identity);
  return { intake, inlet: socket };
}

/** The first visitor that proves to be the peer; others may claim to be. */
function visited(door: Door, identity: LinkIdentity, sockets: Socket[], signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const welcome = ({ socket, intake, hello }: Visitor) => {
      sockets.push(socket);
      greet(socket, intake, identity, hello).then(
        () => {
          finish();
          resolve(socket);
        },
        () => socket.destroy(),
      );
    };
    const turnAway = door.expect(identity.linkId, welcome);
    const abort = () => {
      finish();
      reject(new DirectLinkError('nobody connected for it'));
    };
    const finish = () => {
      turnAway();
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}
