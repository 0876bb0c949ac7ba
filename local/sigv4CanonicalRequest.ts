import { percentDecodeBytes, percentEncodeBytes } from './percentEncoding.js';
import type { SignatureClaim } from './sigv4Claim.js';

/** What a signature covers; a Node `http.IncomingMessage` fits as it is. */
export interface SignedRequest {
  method?: string;
  /** The request target as it stood on the wire, never normalised. */
  url?: string;
  /** Names and values by turns, as they stood on the wire. */
  rawHeaders: readonly string[];
}

/** A query parameter, decoded so that each character is one byte. */
export type Parameter = readonly [name: string, value: string];

/** A request taken apart as signatures look at it. */
export interface SignedParts {
  method: string;
  /** As on the wire. */
  path: string;
  parameters: Parameter[];
  /** By lower-case name. */
  headers: Map<string, string>;
}

export function readSignedParts({ method = 'GET', url = '/', rawHeaders }: SignedRequest): SignedParts {
  const [path, query] = splitTarget(url);
  return { method, path, parameters: parseQuery(query), headers: groupHeaders(rawHeaders) };
}

/** The text that a signature is made of, each character one byte. */
export function writeCanonicalRequest(
  { method, path, parameters, headers }: SignedParts,
  { service, signedHeaders }: SignatureClaim,
  payloadSha256: string,
): string {
  return [
    method,
    service === 's3' ? percentEncodeBytes(percentDecodeBytes(path), true) : canonicalServicePath(path),
    canonicalQuery(parameters),
    ...signedHeaders.map((name) => `${name}:${headers.get(name) ?? ''}`),
    '',
    signedHeaders.join(';'),
    payloadSha256,
  ].join('\n');
}

/** Lower-case names; values trimmed, inner runs of blanks made one, repeated headers joined by commas. */
function groupHeaders(raw: readonly string[]): Map<string, string> {
  const grouped = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    const value = raw[at + 1].trim().replace(/[ \t]+/g, ' ');
    const earlier = grouped.get(name);
    grouped.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return grouped;
}

function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Decoded to latin1, so that each character is one byte. */
function parseQuery(query: string): Parameter[] {
  const decode = (text: string) => percentDecodeBytes(text.replaceAll('+', ' ')).toString('latin1');
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      return mark < 0 ? [decode(pair), ''] : [decode(pair.slice(0, mark)), decode(pair.slice(mark + 1))];
    });
}

function canonicalQuery(parameters: Parameter[]): string {
  const encode = (text: string) => percentEncodeBytes(Buffer.from(text, 'latin1'));
  const pairs = parameters
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): Parameter => [encode(name), encode(value)]);
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Every service but S3 normalises the path, then encodes it once more than it is on the wire. */
function canonicalServicePath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(percentEncodeBytes(Buffer.from(segment, 'latin1')));
  }
  const joined = segments.join('/');
  return joined !== '' && path.endsWith('/') ? `/${joined}/` : `/${joined}`;
}
