import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connectPinned, pinOf } from './pinnedTls.js';

/** A request of the server's HTTP interface. */
export interface Question {
  /** `ws://host:port` or `wss://host:port`, as members use it, with the fingerprint where the certificate is pinned. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface Answer {
  /** HTTP status. */
  readonly status: number;
  readonly text: string;
}

/**
 * Asks the server something over HTTP, at the address of its WebSockets. Where the URL pins a certificate, nothing is sent
 * to a server that shows another.
 *
 * @throws CertificateMismatchError; or the error of the connection.
 */
export async function askRendezvous({ url, method, path, token, body, signal }: Question): Promise<Answer> {
  const target = httpAddress(url, path);
  const pin = pinOf(new URL(url));
  const headers = {
    connection: 'close',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const options = { method, headers, signal };
  const socket = pin === undefined ? undefined : await connectPinned(new URL(url), pin, { signal });
  const ask = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = ask(target, socket ? { ...options, createConnection: () => socket } : options);
  request.end(body);
  const [response]: [IncomingMessage] = await new Promise((resolve, reject) => {
    request.once('response', (arrived) => resolve([arrived]));
    request.once('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

/** The address of a path of the server's HTTP interface. */
export function httpAddress(url: string, path: string): URL {
  return new URL(path, url.replace(/^ws/, 'http'));
}

/** The JSON of an answer; `undefined` when it is none. */
export function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
