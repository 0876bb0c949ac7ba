import { z } from 'zod';
import { RendezvousOptionsError } from './errors.js';
import { HEADER_BYTES } from './protocol.js';

const count = z.int().min(1);

const limitsSchema = z.strictObject({
  /** Largest frame with its header. Longer messages travel in chunks. */
  maxFrameBytes: z
    .int()
    .min(HEADER_BYTES + 1024)
    .default(1_048_576 + HEADER_BYTES),
  maxWorldSize: count.default(10_000),
  /** Groups known at one time, those that everyone has left included. */
  maxGroups: count.default(1000),
  /** Members over all groups. */
  maxMembers: count.default(16_384),
  /** Bytes sent to one member and not acknowledged by it before those who send to it are held back. */
  maxQueuedBytes: count.default(4_194_304),
  /** The same over all members; beyond it the server stops reading from those who send. */
  maxTotalQueuedBytes: count.default(268_435_456),
  /** Barriers of one group that some rank has entered and not all. */
  maxOpenBarriers: count.default(1024),
  /** New connections a second from one address, with a burst of five seconds' worth. */
  connectionsPerSecond: count.default(2000),
  /** Time to send the request that asks for admission (and for the TLS handshake before it). */
  handshakeTimeoutMs: count.default(10_000),
  /** Connections that have not been admitted yet; beyond it the oldest are dropped. */
  maxPendingConnections: count.default(16_384),
  heartbeatIntervalMs: count.default(400),
  /** Heartbeats in a row that a member may miss: with the interval, a frozen rank is found in 4.0 to 4.8 s. */
  heartbeatMisses: count.default(11),
  /** Heartbeats of the server in a row that a member may miss before it replaces its connection. */
  serverHeartbeatMisses: count.default(7),
  /**
   * Time that a member has to replace a connection that dropped without a word before it counts as lost. A process
   * that died is found after this time. 0 turns rejoining off.
   */
  rejoinGraceMs: z.int().min(0).default(500),
  /** Time that a member may stay without sending anything but heartbeats. */
  idleTimeoutMs: count.default(20 * 60_000),
  /** Time that an empty or released group is remembered, so that a late rank is told instead of left waiting. */
  groupGraceMs: count.default(15 * 60_000),
});

/** What the server puts up with; every field has a default. */
export type RendezvousLimits = z.infer<typeof limitsSchema>;

/** @throws RendezvousOptionsError naming every field that is unknown or out of range. */
export function resolveLimits(limits: Partial<RendezvousLimits> = {}): RendezvousLimits {
  const parsed = limitsSchema.safeParse(limits);
  if (parsed.success) return parsed.data;
  throw new RendezvousOptionsError(
    parsed.error.issues.map((issue) => `limits.${issue.path.join('.')}: ${issue.message}`),
  );
}
