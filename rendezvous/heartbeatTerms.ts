/** Members up to which each gets a heartbeat at every beat of the server. */
const MEMBERS_PER_BEAT = 2500;
const MAX_STRIDE = 4;

interface HeartbeatLimits {
  readonly heartbeatIntervalMs: number;
  readonly heartbeatMisses: number;
  readonly serverHeartbeatMisses: number;
}

/** How often the two ends of one membership hear from each other. */
export interface HeartbeatTerms {
  /** Beats of the server's clock from one heartbeat to the next. */
  readonly stride: number;
  readonly intervalMs: number;
  /** Heartbeats in a row that a member may miss, and that the server may. */
  readonly misses: number;
  readonly serverMisses: number;
}

/**
 * Heartbeats are rarer in a large world, where they would cost more than the work (10,000 members: 25,000 a second each
 * way); fewer of them may be missed then, so that a silent end is found as soon as in a small one.
 */
export function heartbeatTerms(limits: HeartbeatLimits, worldSize: number): HeartbeatTerms {
  const stride = Math.min(MAX_STRIDE, Math.ceil(worldSize / MEMBERS_PER_BEAT));
  const fewer = (misses: number) => (stride === 1 ? misses : Math.max(2, Math.floor((misses + 1) / stride) - 1));
  return {
    stride,
    intervalMs: limits.heartbeatIntervalMs * stride,
    misses: fewer(limits.heartbeatMisses),
    serverMisses: fewer(limits.serverHeartbeatMisses),
  };
}
