import { messageOf } from '../run/errors.js';
import { askRendezvous, httpAddress } from './ask.js';

/** Asks a server how it is; undefined when it is well, otherwise why it cannot be used, as a clause. */
export async function healthFault(url: string, timeoutMs = 5_000): Promise<string | undefined> {
  const { origin } = httpAddress(url, '/healthz');
  try {
    const { status } = await askRendezvous({
      url,
      method: 'GET',
      path: '/healthz',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return status === 200 ? undefined : `the rendezvous server at ${origin} answers with status ${status}`;
  } catch (error) {
    return `the rendezvous server at ${origin} does not answer (${messageOf(error)})`;
  }
}
