import { messageOf } from '../run/errors.js';
import { type Answer, askRendezvous, httpAddress, jsonOf } from './ask.js';
import { refusalSchema } from './control.js';
import { AnnouncementError } from './errors.js';

export interface AnnounceOptions {
  /** `ws://host:port` or `wss://host:port`, with the fingerprint where the certificate is pinned. */
  readonly url: string;
  /** Signed with `purpose: 'announce'` for this run. */
  readonly token: string;
  readonly runId: string;
  readonly timeoutMs: number;
}

/**
 * Tells the server that the ranks of a run are about to come. From then on it does not stop for being idle until its idle
 * time has passed once more; a server that has already decided to stop refuses.
 *
 * @throws AnnouncementError, retryable unless the server refuses the token or shows another certificate.
 */
export async function announceRun({ url, token, runId, timeoutMs }: AnnounceOptions): Promise<void> {
  const path = `/groups/${encodeURIComponent(runId)}/announce`;
  let answer: Answer;
  try {
    answer = await askRendezvous({
      url,
      method: 'POST',
      path,
      token,
      body: '{}',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const { origin } = httpAddress(url, path);
    throw new AnnouncementError(runId, `${origin} did not answer (${messageOf(error)})`, undefined, error);
  }
  if (answer.status === 200) return;
  const refusal = refusalSchema.safeParse(jsonOf(answer));
  const fault = refusal.success ? `${refusal.data.reason}: ${refusal.data.message}` : answer.text.slice(0, 200);
  throw new AnnouncementError(runId, `HTTP ${answer.status} ${fault}`, answer.status);
}
