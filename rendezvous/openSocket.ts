import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { type Refusal, refusalSchema } from './control.js';
import { CertificateMismatchError } from './errors.js';
import { connectPinned, pinOf } from './pinnedTls.js';
import { JOIN_PATH } from './protocol.js';
import { sharedPort } from './sharedPort.js';

const MAX_REFUSAL_BYTES = 65_536;

/** How one request for a WebSocket went. */
export type SocketOutcome =
  | { readonly socket: WebSocket }
  | { readonly refusal: Refusal }
  /** `ambiguous`: the server may hold this rank for a member although the answer did not arrive. */
  | { readonly failure: Error; readonly ambiguous: boolean };

export interface SocketRequest {
  /** `ws://host:port` or `wss://host:port`, with `#sha256=...` where the certificate is pinned. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Connects from a port of which direct links may begin, too. */
  readonly sharedPort: boolean;
  /** Called before anything can arrive over the new socket. */
  prepare(socket: WebSocket): void;
}

/** Asks for a WebSocket; it is open when the promise resolves. */
export async function openSocket(request: SocketRequest): Promise<SocketOutcome> {
  const url = new URL(request.url);
  const from = request.sharedPort ? sharedPort(url.hostname) : undefined;
  let connection: Pick<ClientOptions, 'createConnection'> = {};
  try {
    const pin = pinOf(url);
    if (pin !== undefined) {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]);
      const tls = await connectPinned(url, pin, { signal, ...(from ? { from } : {}) });
      connection = { createConnection: () => tls };
    }
  } catch (error) {
    if (error instanceof CertificateMismatchError) throw error;
    return { failure: error instanceof Error ? error : new Error(String(error)), ambiguous: false };
  }
  url.hash = '';
  const socket = new WebSocket(new URL(`${url.pathname.replace(/\/$/, '')}${JOIN_PATH}`, url), {
    headers: request.headers,
    perMessageDeflate: false,
    handshakeTimeout: request.timeoutMs,
    followRedirects: false,
    ...from,
    ...connection,
    // Masking protects careless proxies in between (RFC 6455 section 10.3); under TLS there are none that could look.
    ...(url.protocol === 'wss:' ? { generateMask: (mask: Buffer) => void mask.fill(0) } : {}),
  });
  request.prepare(socket);
  return outcomeOf(socket, request.signal);
}

function outcomeOf(socket: WebSocket, signal: AbortSignal): Promise<SocketOutcome> {
  return new Promise((resolve) => {
    const abort = () => socket.terminate();
    const finish = (outcome: SocketOutcome) => {
      signal.removeEventListener('abort', abort);
      resolve(outcome);
    };
    signal.addEventListener('abort', abort);
    socket.once('open', () => finish({ socket }));
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
