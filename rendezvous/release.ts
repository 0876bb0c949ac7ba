import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';
import { messageOf } from '../run/errors.js';
import { refusalSchema } from './control.js';
import { ReleaseFailedError } from './errors.js';
import { connectPinned, pinOf } from './pinnedTls.js';

const ANSWER_TIMEOUT_MS = 10_000;

const releasedAnswerSchema = z.object({ membersTold: z.int() });

export interface ReleaseOptions {
  /** `ws://host:port` or `wss://host:port`, as members use it, with the fingerprint where the certificate is pinned. */
  readonly url: string;
  /** Signed with `purpose: 'release'` for this run. */
  readonly token: string;
  readonly runId: string;
  /** The rank that is given up for good; without it, the whole group is. */
  readonly rank?: number;
  readonly cause: string;
  readonly signal?: AbortSignal;
}

/**
 * Tells the members of a run's group that a rank, or the whole group, is gone for good, so that nobody waits for it.
 * Those who come later are told on arrival. Returns how many members were told.
 *
 * @throws ReleaseFailedError
 */
export async function releaseGroup({ url, token, runId, rank, cause, signal }: ReleaseOptions): Promise<number> {
  const target = new URL(`/groups/${encodeURIComponent(runId)}/release`, url.replace(/^ws/, 'http'));
  const body = JSON.stringify({ rank, cause: cause.slice(0, 1000) || 'no cause was given' });
  const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const stop = signal ? AbortSignal.any([signal, deadline]) : deadline;
  let answer: { status: number; text: string };
  try {
    answer = await post(new URL(url), target, token, body, stop);
  } catch (error) {
    throw new ReleaseFailedError(runId, `${target.origin} did not answer (${messageOf(error)})`, true, error);
  }
  const { status, text } = answer;
  if (status === 200) return releasedAnswerSchema.parse(JSON.parse(text)).membersTold;
  const refusal = refusalSchema.safeParse(parseJson(text));
  const fault = refusal.success ? `${refusal.data.reason}: ${refusal.data.message}` : text.slice(0, 200);
  throw new ReleaseFailedError(runId, `HTTP ${status} ${fault}`, status >= 500);
}

async function post(url: URL, target: URL, token: string, body: string, signal: AbortSignal) {
  const pin = pinOf(url);
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const options = { method: 'POST', headers, signal };
  const socket = pin === undefined ? undefined : await connectPinned(url, pin, { signal });
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
