import type { OperationName } from './operations.js';

/** One line of a benchmark: one operation at one size. */
export interface BenchRow {
  /** The channel, or the method it is compared with. */
  readonly channel: string;
  readonly ranks: number;
  readonly operation: OperationName;
  /** Size of a rank's message, as in the OSU micro-benchmarks; 0 for the barrier. */
  readonly bytes: number;
  readonly iterations: number;
  /** Of the ranks' mean times, microseconds. */
  readonly avgUs: number;
  readonly minUs: number;
  readonly maxUs: number;
  /** Size over time, MB/s: nccl-tests' algorithm bandwidth (of one rank's size), or the one-way bandwidth of a pair. */
  readonly mbPerS?: number;
  /** nccl-tests' bus bandwidth, MB/s. */
  readonly busMbPerS?: number;
}
