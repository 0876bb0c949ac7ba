import type { TokenSecret } from '../rendezvous/token.js';
import type { MeetingPlace } from '../run/meeting.js';

/** A server that may answer by now. */
export interface Whereabouts {
  readonly url: string;
  readonly secret: TokenSecret;
  readonly host: MeetingPlace['host'];
}

/** Where ranks can meet. */
export interface MeetingPlaces {
  /**
   * Looks once, and does what brings the place nearer.
   *
   * @returns the place, or why it is not there yet, as a clause.
   * @throws RendezvousUnavailableError when waiting is of no use.
   */
  look(): Promise<Whereabouts | { readonly notYet: string }>;
  readonly pollMs: number;
  /** How long a run that can do without it waits. */
  readonly patienceMs: number;
}

/** A server that runs anyway: that of the embedded cloud, or one's own. */
export function runningServer(url: string, secret: TokenSecret): MeetingPlaces {
  return {
    look: async () => ({ url, secret, host: null }),
    pollMs: 1_000,
    patienceMs: 10_000,
  };
}
