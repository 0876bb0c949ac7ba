import { messageOf } from '../run/errors.js';

/** Asks the rendezvous how it is; undefined when it is well, otherwise why it cannot be used. */
export async function rendezvousFault(url: string | undefined, timeoutMs = 5_000): Promise<string | undefined> {
  if (!url) return 'no rendezvous server is configured (MUSTER_RENDEZVOUS_URL)';
  if (!/^wss?:/.test(url) || !URL.canParse(url)) {
    return `MUSTER_RENDEZVOUS_URL is ${JSON.stringify(url)}; expected ws://host:port or wss://host:port`;
  }
  const health = new URL('/healthz', url.replace(/^ws/, 'http'));
  try {
    const response = await fetch(health, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.ok ? undefined : `the rendezvous server at ${url} answers with status ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    return `the rendezvous server at ${url} does not answer (${messageOf(cause)})`;
  }
}
