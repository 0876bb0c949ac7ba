/** Kinds of S3 calls, as S3 bills them; deletions are free. */
export type CallKind = 'get' | 'put' | 'list' | 'head' | 'delete';

/** Figures over S3 calls; times in seconds, as the CosmicAI metrics have them. */
export interface CallStatistics {
  readonly requests: number;
  readonly totalS: number;
  readonly averageS: number;
  readonly minS: number;
  readonly maxS: number;
  /** Epoch seconds; null before the first call. */
  readonly firstRequestS: number | null;
  readonly lastResponseS: number | null;
}

/** Counts S3 calls and times them from the request to the last byte of the response. */
export class CallLog {
  readonly counts: Record<CallKind, number> = { get: 0, put: 0, list: 0, head: 0, delete: 0 };
  bytesRead = 0;
  bytesWritten = 0;
  #totalMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;
  #firstRequestMs: number | null = null;
  #lastResponseMs: number | null = null;

  /** Runs one call and counts it, whether it succeeds or not. */
  async record<T>(kind: CallKind, call: () => Promise<T>): Promise<T> {
    const startedAtMs = Date.now();
    const start = performance.now();
    this.#firstRequestMs ??= startedAtMs;
    try {
      return await call();
    } finally {
      const tookMs = performance.now() - start;
      this.counts[kind]++;
      this.#totalMs += tookMs;
      this.#minMs = Math.min(this.#minMs, tookMs);
      this.#maxMs = Math.max(this.#maxMs, tookMs);
      this.#lastResponseMs = startedAtMs + tookMs;
    }
  }

  statistics(): CallStatistics {
    const requests = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    const toSeconds = (ms: number | null) => (ms === null ? null : ms / 1000);
    return {
      requests,
      totalS: this.#totalMs / 1000,
      averageS: requests === 0 ? 0 : this.#totalMs / 1000 / requests,
      minS: requests === 0 ? 0 : this.#minMs / 1000,
      maxS: this.#maxMs / 1000,
      firstRequestS: toSeconds(this.#firstRequestMs),
      lastResponseS: toSeconds(this.#lastResponseMs),
    };
  }
}
