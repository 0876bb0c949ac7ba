import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RequestRefusedError } from './errors.js';

/** Names by which a browser on this machine reaches 127.0.0.1; any other may be a name that was rebound to it. */
const ownNames = new Set(['127.0.0.1', 'localhost']);

/** What the guard looks at. */
export interface GuardedRequest {
  readonly method: string;
  /** As it was sent, with the token in front. */
  readonly path: string;
  readonly headers: Pick<
    IncomingHttpHeaders,
    'host' | 'origin' | 'content-type' | 'sec-fetch-site' | 'sec-fetch-mode' | 'sec-fetch-dest'
  >;
}

/** The first folder of an address, which must be the token, and what comes behind it. */
export interface GuardedPath {
  readonly token: string;
  /** With the slash that it begins with; empty when even that is missing. */
  readonly rest: string;
}

/**
 * Lets a request through when it asks for this machine by its own name and was not sent by the page of another origin.
 * Whether it knows the token is for `requireToken` to say.
 *
 * @throws RequestRefusedError
 */
export function admit(request: GuardedRequest): GuardedPath {
  const { method, path, headers } = request;
  requireOwnName(headers.host);
  if (method !== 'GET' && method !== 'POST') throw new RequestRefusedError(405, `${method} is not answered here.`);
  requireOwnOrigin(request);
  if (method === 'POST' && !/^application\/json(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new RequestRefusedError(415, 'Only application/json is taken.');
  }
  const [, token = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
  return { token, rest };
}

/** @throws RequestRefusedError when the token that was given is another. */
export function requireToken(given: string, token: string): void {
  if (sameSecret(given, token)) return;
  throw new RequestRefusedError(
    403,
    'The token is missing or wrong.',
    'Open the address that "muster ui" has printed.',
  );
}

/** Takes as long for any guess; digests are of equal length. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** The port may be another: it is when it is forwarded through SSH. */
function requireOwnName(host: string | undefined): void {
  const name = host?.replace(/:\d+$/, '').toLowerCase();
  if (name !== undefined && ownNames.has(name)) return;
  throw new RequestRefusedError(
    421,
    `"${host ?? ''}" is not this machine.`,
    'Use http://127.0.0.1 or http://localhost.',
  );
}

function requireOwnOrigin({ method, headers }: GuardedRequest): void {
  const foreign = new RequestRefusedError(403, 'Pages of other origins are not answered.');
  const { origin, host } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`.toLowerCase()) throw foreign;
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  // A link to the dashboard, wherever it was clicked; its page still needs the token.
  const followsLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (method !== 'GET' || !followsLink) throw foreign;
}
