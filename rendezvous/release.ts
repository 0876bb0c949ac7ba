import { z } from 'zod';
import { messageOf } from '../run/errors.js';
import { type Answer, askRendezvous, httpAddress, jsonOf } from './ask.js';
import { refusalSchema } from './control.js';
import { ReleaseFailedError } from './errors.js';

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
  const path = `/groups/${encodeURIComponent(runId)}/release`;
  const body = JSON.stringify({ rank, cause: cause.slice(0, 1000) || 'no cause was given' });
  const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const stop = signal ? AbortSignal.any([signal, deadline]) : deadline;
  let answer: Answer;
  try {
    answer = await askRendezvous({ url, method: 'POST', path, token, body, signal: stop });
  } catch (error) {
    const { origin } = httpAddress(url, path);
    throw new ReleaseFailedError(runId, `${origin} did not answer (${messageOf(error)})`, true, error);
  }
  const { status, text } = answer;
  if (status === 200) return releasedAnswerSchema.parse(JSON.parse(text)).membersTold;
  const refusal = refusalSchema.safeParse(jsonOf(answer));
  const fault = refusal.success ? `${refusal.data.reason}: ${refusal.data.message}` : text.slice(0, 200);
  throw new ReleaseFailedError(runId, `HTTP ${status} ${fault}`, status >= 500);
}
