import type { Clock } from './clock.js';
import type { MemberIdentity } from './errors.js';
import { type LinkListener, RendezvousLink } from './link.js';
import { openSocket, type SocketOutcome } from './openSocket.js';
import { type FailurePolicy, joinHeaders } from './protocol.js';
import type { Reopen } from './rejoin.js';

/** How one attempt to reach the rendezvous went. */
export type AttemptOutcome = { readonly link: RendezvousLink } | Exclude<SocketOutcome, { socket: unknown }>;

/** What every attempt of one `connectRendezvous` has in common. */
export interface AttemptOptions {
  readonly url: string;
  readonly token: string;
  readonly member: MemberIdentity;
  readonly failurePolicy: FailurePolicy;
  readonly listener: LinkListener;
  readonly clock: Clock;
  /** Connects from a port of which direct links may begin, too. */
  readonly sharedPort: boolean;
}

/** Asks for admission. Messages that come with the answer already reach the listener. */
export async function attemptJoin(
  options: AttemptOptions,
  handshakeTimeoutMs: number,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { url, token, member, failurePolicy, listener, clock, sharedPort } = options;
  const headers = { authorization: `Bearer ${token}`, [joinHeaders.failurePolicy]: failurePolicy };
  const reopen: Reopen = (session, timeoutMs, stop, prepare) =>
    openSocket({ url, headers: { ...headers, ...session }, timeoutMs, signal: stop, sharedPort, prepare });
  const link = new RendezvousLink(member, listener, clock, reopen);
  const outcome = await openSocket({
    url,
    headers,
    timeoutMs: handshakeTimeoutMs,
    signal,
    sharedPort,
    prepare: (socket) => link.attach(socket),
  });
  return 'socket' in outcome ? { link } : outcome;
}
