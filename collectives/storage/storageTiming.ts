import type { PollInterval } from './polling.js';

export interface HeartbeatOptions {
  /** How often a rank renews its presence, and looks at that of the others while it waits for them. */
  readonly intervalMs: number;
  /** A presence that has not been renewed for so long is that of a lost rank. */
  readonly silenceMs: number;
}

/** How often the channel looks and renews. */
export interface StorageTiming {
  readonly poll: PollInterval;
  readonly heartbeat: HeartbeatOptions;
}

/**
 * A rank that dies is known to everyone who waits after `silenceMs`, one interval until its last heartbeat has been seen
 * and half of one until the next look: at most 4.5 s, and what the calls take. Looking at most every half second costs
 * 0.003 USD for an hour of waiting for one rank; a heartbeat every second costs 0.018 USD an hour, and looking for those
 * of the others as much for an hour of waiting.
 */
export const defaultStorageTiming: StorageTiming = {
  poll: { minMs: 10, maxMs: 500 },
  heartbeat: { intervalMs: 1000, silenceMs: 3000 },
};
