import type { Retrier } from '../asl/definition.js';

/**
 * The wait before a retry, in milliseconds: `IntervalSeconds * BackoffRate^attempt`, at most `MaxDelaySeconds`; with
 * `JitterStrategy` FULL a uniform part of that.
 *
 * @param attempt how often this retrier has retried before, from 0
 */
export function retryDelayMs(
  { IntervalSeconds: interval = 1, BackoffRate: rate = 2, MaxDelaySeconds: most, JitterStrategy: jitter }: Retrier,
  attempt: number,
  random: () => number,
): number {
  const longestMs = (most ?? 31_622_400) * 1_000;
  const delayMs = Math.min(interval * 1_000 * rate ** attempt, longestMs);
  return jitter === 'FULL' ? random() * delayMs : delayMs;
}
