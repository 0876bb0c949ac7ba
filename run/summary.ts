import type { Bill } from './bill.js';
import type { Stage } from './metrics.js';
import type { Payload } from './payload.js';
import type { Quality } from './quality.js';

/** A rank that did not deliver. */
export interface FailedRank {
  readonly rank: number;
  readonly attempts: number;
  /** `ErrorName: message` of the last attempt. */
  readonly cause: string;
}

/** Throughput in both definitions that are in use; rates in bits and samples per second. */
export interface Throughput {
  /** Sum over ranks of bits / CPU time: what the CosmicAI paper calls throughput. */
  readonly sumOverRanks: { readonly bitsPerSecond: number; readonly samplesPerSecond: number };
  /** Bits / wall time from the first rank's start to the last rank's end. */
  readonly wall: { readonly bitsPerSecond: number; readonly samplesPerSecond: number };
}

/** Spread of the ranks' handler times, in milliseconds. */
export interface RankTimes {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** max / median: how much the slowest rank holds everybody up. */
  readonly stragglerRatio: number;
}

/** S3 as one rank saw it; requests that carry messages between ranks count in the bytes alone. */
export interface RankS3 {
  readonly requests: number;
  /** Sum over the requests, which overlap; each from sending it to the last byte of the answer. */
  readonly totalMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** From the first request to the last answer. */
  readonly windowMs: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** One rank as tables and charts show it. */
export interface RankRow {
  readonly rank: number;
  readonly generation: number;
  readonly coldStart: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly samples: number;
  readonly bytes: number;
  readonly cpuTimeS: number;
  readonly peakRssMb: number;
  readonly memoryMb: number;
  readonly stageMs: Readonly<Record<Stage, number>>;
  readonly barrierWaitMs: number | null;
  /** Absent from the summaries of Muster 0.1.0. */
  readonly s3?: RankS3;
}

/** Samples whose prediction is NaN or infinite. */
export interface NonFinite {
  readonly count: number;
  readonly partitions: readonly {
    readonly name: string;
    readonly count: number;
    readonly firstSamples: readonly number[];
  }[];
}

/** What the ranks agreed on among themselves, against what the aggregator computed from their files. */
export interface CollectiveSummary {
  readonly channel: string;
  readonly reason: string;
  readonly status: 'none' | 'done' | 'failed';
  /** Ranks whose collectives failed, with the cause; their predictions are complete all the same. */
  readonly failed: readonly { readonly rank: number; readonly cause: string }[];
  /** Whether the reduced statistics equal the recomputed ones; null when nothing was reduced. */
  readonly agrees: boolean | null;
}

/** `summary.json` of a run. */
export interface RunSummary {
  readonly version: 1;
  readonly runId: string;
  readonly status: 'SUCCEEDED' | 'FAILED';
  /** `s3://bucket/prefix`. */
  readonly resultPrefix: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** From the plan to the aggregate, in milliseconds. */
  readonly wallMs: number;
  readonly worldSize: number;
  readonly partitions: number;
  readonly samples: number;
  readonly bytes: number;
  readonly ranks: { readonly expected: number; readonly succeeded: number; readonly failed: readonly FailedRank[] };
  readonly throughput: Throughput | null;
  readonly rankTimes: RankTimes | null;
  readonly cpuTimeS: number;
  readonly quality: Quality | null;
  readonly nonFinite: NonFinite;
  readonly collectives: CollectiveSummary;
  readonly bill: Bill;
  readonly rows: readonly RankRow[];
  /** What was asked for; absent from the summaries of Muster 0.1.0, like `versions`. */
  readonly payload?: Payload;
  /** Name to version of what made the run: muster, node, onnxruntime, the executor's function, the model. */
  readonly versions?: Readonly<Record<string, string>>;
  /** `s3://` URIs. */
  readonly files: {
    readonly combinedData: string;
    readonly summary: string;
    readonly report: string;
    /** The model's first output, one file a partition. */
    readonly predictions: readonly string[];
    /** Every further output of the model, one file a partition each. */
    readonly furtherOutputs: readonly string[];
  };
}
