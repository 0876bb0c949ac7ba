import { healthFault } from '../rendezvous/health.js';

/** Asks the rendezvous how it is; undefined when it is well, otherwise why it cannot be used. */
export async function rendezvousFault(url: string | undefined, timeoutMs = 5_000): Promise<string | undefined> {
  if (!url) return 'no rendezvous server is configured (MUSTER_RENDEZVOUS_URL)';
  if (!/^wss?:/.test(url) || !URL.canParse(url)) {
    return `MUSTER_RENDEZVOUS_URL is ${JSON.stringify(url)}; expected ws://host:port or wss://host:port`;
  }
  return healthFault(url, timeoutMs);
}
