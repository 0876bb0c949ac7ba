import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Clock } from './clock.js';
import { type Refusal, refusalSchema } from './control.js';
import type { MemberIdentity } from './errors.js';
import { type LinkListener, RendezvousLink } from './link.js';
import { JOIN_PATH } from './protocol.js';
import { sharedPort } from './sharedPort.js';

const MAX_REFUSAL_BYTES = 65_536;

/** How one attempt to reach the rendezvous went. */
export type AttemptOutcome =
  | { readonly link: RendezvousLink }
  | { readonly refusal: Refusal }
  /** `ambiguous`: the server may hold this rank for a member although the answer did not arrive. */
  | { readonly failure: Error; readonly ambiguous: boolean };

/** What every attempt of one `connectRendezvous` has in common. */
export interface AttemptOptions {
  readonly url: string;
  readonly token: string;
  readonly member: MemberIdentity;
  readonly listener: LinkListener;
  readonly clock: Clock;
  /** Connects from a port of which direct links may begin, too. */
  readonly sharedPort?: boolean;
}

/** Opens one WebSocket. Messages that come with the answer already reach the listener. */
export function attemptJoin(
  options: AttemptOptions,
  handshakeTimeoutMs: number,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const url = new URL(options.url);
  const socket = new WebSocket(new URL(`${url.pathname.replace(/\/$/, '')}${JOIN_PATH}`, url), {
    headers: { authorization: `Bearer ${options.token}` },
    perMessageDeflate: false,
    handshakeTimeout: handshakeTimeoutMs,
    followRedirects: false,
    ...(options.sharedPort ? sharedPort(url.hostname) : {}),
    // Masking protects careless proxies in between (RFC 6455 section 10.3); under TLS there are none that could look.
    ...(url.protocol === 'wss:' ? { generateMask: (mask: Buffer) => void mask.fill(0) } : {}),
  });
  return new Promise((resolve) => {
    const abort = () => socket.terminate();
    const finish = (outcome: AttemptOutcome) => {
      signal.removeEventListener('abort', abort);
      resolve(outcome);
    };
    signal.addEventListener('abort', abort);
    const link = new RendezvousLink(socket, options.member, options.listener, options.clock);
    socket.once('open', () => finish({ link }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish({ failure: error, ambiguous: error.code !== 'ECONNREFUSED' });
    });
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      readRefusal(response).then(
        (refusal) => finish({ refusal }),
        (failure: Error) => finish({ failure, ambiguous: false }),
      );
    });
    if (signal.aborted) abort();
  });
}

async function readRefusal(response: IncomingMessage): Promise<Refusal> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MAX_REFUSAL_BYTES) break;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return { status, ...refusalSchema.parse(JSON.parse(text)) };
  } catch {
    // Something else than a rendezvous has answered, such as a proxy.
    return { status, reason: 'UNKNOWN', message: `HTTP ${status} ${text.slice(0, 200)}` };
  }
}
