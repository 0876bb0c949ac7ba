import type { IncomingMessage } from 'node:http';
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { AnswerReader } from './answerReader.js';
import { type Refusal, refusalSchema } from './control.js';
import { ControlStream } from './controlStream.js';
import { CertificateMismatchError } from './errors.js';
import { FrameIntake } from './frameIntake.js';
import { FrameSocket, type Masking } from './frameSocket.js';
import { connectPinned, pinOf } from './pinnedTls.js';
import { JOIN_PATH } from './protocol.js';
import { sharedPort } from './sharedPort.js';

const MAX_REFUSAL_BYTES = 65_536;
/** Only what somebody on the way has cut in pieces passes through the library. */
const MAX_FRAGMENTED_BYTES = 16 * 1_048_576;

/** How one request for a WebSocket went. */
export type SocketOutcome =
  | { readonly socket: FrameSocket }
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
  /** Called when the socket is open, before anything has arrived over it. */
  prepare(socket: FrameSocket): void;
}

/** Asks for a WebSocket; it is open when the promise resolves. */
export async function openSocket(request: SocketRequest): Promise<SocketOutcome> {
  const url = new URL(request.url);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), request.timeoutMs);
  const signal = AbortSignal.any([request.signal, deadline.signal]);
  try {
    return await open(request, url, signal);
  } finally {
    clearTimeout(timer);
  }
}

async function open(request: SocketRequest, url: URL, signal: AbortSignal): Promise<SocketOutcome> {
  const answer = new AnswerReader();
  const intake = new FrameIntake((bytes) => answer.take(bytes));
  let socket: Socket;
  try {
    socket = await connectTo(url, intake.onread, request.sharedPort, signal);
  } catch (error) {
    if (error instanceof CertificateMismatchError) throw error;
    return { failure: error instanceof Error ? error : new Error(String(error)), ambiguous: false };
  }
  const control = new ControlStream(socket);
  answer.attach(control);
  url.hash = '';
  const webSocket = new WebSocket(new URL(`${url.pathname.replace(/\/$/, '')}${JOIN_PATH}`, url), {
    headers: request.headers,
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: MAX_FRAGMENTED_BYTES,
    createConnection: () => control,
  });
  webSocket.once('open', () => {
    const opened = new FrameSocket({ webSocket, socket, control, masking: maskingOf(socket) });
    request.prepare(opened);
    outcome.resolve({ socket: opened });
    intake.open(opened);
  });
  const outcome = outcomeOf(webSocket, signal);
  return outcome.promise;
}

/** A connection that may not be there yet; a pinned one is, because nothing may be sent before the pin is checked. */
async function connectTo(url: URL, onread: OnReadOpts, isShared: boolean, signal: AbortSignal): Promise<Socket> {
  const from = isShared ? sharedPort(url.hostname) : {};
  const pin = pinOf(url);
  if (pin !== undefined) return connectPinned(url, pin, { signal, from, onread });
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = url.protocol === 'wss:';
  const end = { host, port: Number(url.port || (isSecure ? 443 : 80)), onread, ...from };
  const socket = isSecure ? connectTls({ ...end, ...(isIP(host) === 0 ? { servername: host } : {}) }) : connect(end);
  return socket.setNoDelay(true);
}

/** Masking protects careless proxies in between (RFC 6455 section 10.3); on one host and under TLS none can look. */
function maskingOf(socket: Socket): Masking {
  const isLocal = /^(::1$|(::ffff:)?127\.)/.test(socket.remoteAddress ?? '');
  return socket instanceof TLSSocket || isLocal ? 'zero' : 'random';
}

function outcomeOf(
  webSocket: WebSocket,
  signal: AbortSignal,
): { promise: Promise<SocketOutcome>; resolve(outcome: SocketOutcome): void } {
  let resolve: (outcome: SocketOutcome) => void = () => {};
  const promise = new Promise<SocketOutcome>((settle) => {
    const abort = () => webSocket.terminate();
    resolve = (outcome) => {
      signal.removeEventListener('abort', abort);
      settle(outcome);
    };
    signal.addEventListener('abort', abort);
    webSocket.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ failure: error, ambiguous: error.code !== 'ECONNREFUSED' });
    });
    webSocket.once('unexpected-response', (_request, response: IncomingMessage) => {
      readRefusal(response).then(
        (refusal) => resolve({ refusal }),
        (failure: Error) => resolve({ failure, ambiguous: false }),
      );
    });
    if (signal.aborted) abort();
  });
  return { promise, resolve };
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
