import { connect, type Socket } from 'node:net';
import type { Endpoint, Introduction } from '../../rendezvous/introduction.js';
import type { Door, Visitor } from './door.js';
import { DirectLinkError } from './errors.js';
import { greet, type LinkIdentity } from './greeting.js';
import { Intake } from './intake.js';
import { connected, punch } from './punch.js';
import type { SystemCalls } from './systemCalls.js';
import { connectWithinHost } from './withinHost.js';

/** A connection whose two ends have proven themselves. */
export interface LinkConnection {
  readonly socket: Socket;
  /** What comes out of it. */
  readonly intake: Intake;
}

/** What this rank has to make links with. */
export interface LinkMeans {
  readonly rank: number;
  /** Where it punches from. */
  readonly local: Endpoint;
  readonly door: Door | undefined;
  readonly calls: SystemCalls | undefined;
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
 * Makes the link that the rendezvous introduced. To `connect`, the lower rank opens the connection at the door of the
 * higher one.
 *
 * @throws DirectLinkError when it does not come about before the signal aborts.
 */
export async function makeLink(
  means: LinkMeans,
  peer: number,
  linkId: number,
  { how, peer: endpoint, key }: Invitation,
  signal: AbortSignal,
): Promise<LinkConnection> {
  const identity: LinkIdentity = { linkId, rank: means.rank, peer, key: Buffer.from(key, 'base64') };
  const sockets: Socket[] = [];
  const abandon = () => {
    for (const socket of sockets) hangUp(socket);
  };
  signal.addEventListener('abort', abandon);
  try {
    if (how === 'punch') return await punched(means, identity, endpoint, sockets, signal);
    if (means.rank < peer) return await opened(means, identity, endpoint, sockets, signal);
    return await visited(means, identity, sockets, signal);
  } catch (error) {
    abandon();
    throw error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

async function punched(
  { local }: LinkMeans,
  identity: LinkIdentity,
  endpoint: Endpoint,
  sockets: Socket[],
  signal: AbortSignal,
): Promise<LinkConnection> {
  const intake = new Intake();
  const socket = await punch(local.port, endpoint, intake.onread, signal);
  sockets.push(socket);
  intake.attach(socket);
  await greet(socket, intake, identity);
  return { socket, intake };
}

async function opened(
  { local, calls }: LinkMeans,
  identity: LinkIdentity,
  endpoint: Endpoint,
  sockets: Socket[],
  signal: AbortSignal,
): Promise<LinkConnection> {
  const intake = new Intake();
  const { address: host, port } = endpoint;
  const { onread } = intake;
  const isHere = host === local.address;
  const socket = isHere ? connectWithinHost(endpoint, onread, calls) : connect({ host, port, noDelay: true, onread });
  sockets.push(socket);
  intake.attach(socket);
  const outcome = await connected(socket, signal);
  if (outcome !== 'connected') throw new DirectLinkError(`${host}:${port} could not be reached`, outcome);
  await greet(socket, intake, identity);
  return { socket, intake };
}

/** The first visitor that proves to be the peer; others may claim to be. */
function visited(
  { door }: LinkMeans,
  identity: LinkIdentity,
  sockets: Socket[],
  signal: AbortSignal,
): Promise<LinkConnection> {
  if (!door) throw new DirectLinkError('this rank has no door for others to connect to');
  return new Promise((resolve, reject) => {
    const welcome = ({ socket, intake, hello }: Visitor) => {
      sockets.push(socket);
      greet(socket, intake, identity, hello).then(
        () => {
          finish();
          resolve({ socket, intake });
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
