import { z } from 'zod';
import { messageOf } from '../run/errors.js';
import { refusalSchema } from './control.js';
import { ReleaseFailedError } from './errors.js';

const releasedAnswerSchema = z.object({ membersTold: z.int() });

export interface ReleaseOptions {
  /** `ws://host:port` or `wss://host:port`, as members use it. */
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
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ rank, cause: cause.slice(0, 1000) || 'no cause was given' }),
      signal: signal ?? null,
    });
    text = await response.text();
  } catch (error) {
    throw new ReleaseFailedError(runId, `${target.origin} did not answer (${messageOf(error)})`, true, error);
  }
  if (response.ok) return releasedAnswerSchema.parse(JSON.parse(text)).membersTold;
  const refusal = refusalSchema.safeParse(parseJson(text));
  const fault = refusal.success ? `${refusal.data.reason}: ${refusal.data.message}` : text.slice(0, 200);
  throw new ReleaseFailedError(runId, `HTTP ${response.status} ${fault}`, response.status >= 500);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
