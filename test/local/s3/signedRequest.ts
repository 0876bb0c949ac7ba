import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Credentials } from '../../../local/sigv4.js';
import { credentials } from './harness.js';

export interface RawRequest {
  method: string;
  /** Target in canonical spelling: the path percent-encoded as signatures want it. */
  path: string;
  /** Parameters in canonical spelling, joined by `&`. */
  query?: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
  /** Instead of the SHA-256 of the body. */
  payloadSha256?: string;
  /** Of the credential scope; `s3` by default. */
  service?: string;
}

export interface RawResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Signs and sends a request that no SDK would make, by hand: what the SDK cannot be brought to do wrong.
 * Headers that are not lower case stay unsigned.
 */
export function sendSigned(endpoint: string, raw: RawRequest, signer: Credentials = credentials): Promise<RawResponse> {
  const { method, path, query = '', body = '', service = 's3' } = raw;
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const payloadSha256 = raw.payloadSha256 ?? createHash('sha256').update(body).digest('hex');
  const headers: Record<string, string> = {
    host: new URL(endpoint).host,
    'x-amz-date': date,
    'x-amz-content-sha256': payloadSha256,
    ...raw.headers,
  };
  const names = Object.keys(headers)
    .filter((name) => name === name.toLowerCase())
    .sort();
  const canonicalQuery = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('='))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value = '']) => `${name}=${value}`);
  const canonical = [
    method,
    path,
    canonicalQuery.join('&'),
    ...names.map((name) => `${name}:${headers[name].trim()}`),
    '',
    names.join(';'),
    payloadSha256,
  ].join('\n');
  const scope = `${date.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const key = scope
    .split('/')
    .reduce(
      (key, part) => createHmac('sha256', key).update(part).digest(),
      Buffer.from(`AWS4${signer.secretAccessKey}`),
    );
  const signature = createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest}`).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${signer.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return send(endpoint, { ...raw, headers: { ...headers, Authorization: authorization } });
}

/** Sends a request as it is. */
export function send(
  endpoint: string,
  { method, path, query = '', headers, body = '' }: RawRequest,
): Promise<RawResponse> {
  const { hostname, port } = new URL(endpoint);
  const target = query === '' ? path : `${path}?${query}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path: target, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
