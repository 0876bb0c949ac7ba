import type { Communicator } from '../collectives/communicator.js';
import type { Partition } from '../data/index.js';
import type { InferenceSession } from '../models/inferenceSession.js';
import type { Stage } from '../run/metrics.js';
import type { Payload } from '../run/payload.js';
import type { QualitySums } from '../run/quality.js';
import type { Tensor } from '../run/tensor.js';
import type { PartitionMemory } from './partitionMemory.js';
import type { RunStorage } from './runStorage.js';

/** Structured log lines; they end up in the rank's log stream with run, rank and generation beside them. */
export interface RankLogger {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** One of the partitions that were dealt to this rank. */
export interface RankPartition {
  /** Unique in the run; names the predictions. */
  readonly name: string;
  readonly key: string;
  /** Bytes of the object. */
  readonly size: number;
  /** Opens it: reads what describes its arrays, not the arrays. */
  open(): Promise<Partition>;
}

/** What a script reports about a partition that it has finished. */
export interface PartitionResult {
  readonly samples: number;
  readonly batches: number;
  /** Predictions in sample order: first axis = samples. Written in the payload's format. */
  readonly predictions?: Readonly<Record<string, Tensor>>;
  /** True values in sample order. */
  readonly labels?: Tensor;
  /** Name of the prediction that the true values belong to; the first one if left out. */
  readonly compared?: string;
  readonly quality?: QualitySums;
  /** Indices of samples whose prediction is NaN or infinite. */
  readonly nonFiniteSamples?: readonly number[];
}

/**
 * What a script gets: `export default async function run(ctx: RankContext)`. The built-in inference is such a script.
 *
 * @example
 * export default async function run(ctx) {
 *   const world = await ctx.communicator;
 *   const [total] = await world.allreduce(Float64Array.of(ctx.rank), 'sum');
 *   await ctx.saveResult('total.json', { total });
 * }
 */
export interface RankContext {
  readonly runId: string;
  readonly rank: number;
  readonly worldSize: number;
  /** 0 for the first attempt; each retry adds one. */
  readonly generation: number;
  readonly payload: Payload;
  /** `params` of the payload. */
  readonly params: Payload['params'];
  readonly seed: number;
  /** The partitions dealt to this rank, in order. */
  readonly partitions: readonly RankPartition[];
  /** Resolves when all ranks have met; rejects with GroupTimeoutError, or NoCollectivesError where the run has none. */
  readonly communicator: Promise<Communicator>;
  /** S3 within the run's prefixes. */
  readonly s3: RunStorage;
  readonly logger: RankLogger;
  /** Where partitions are streamed to; it outlives the attempt. */
  readonly memory: PartitionMemory;
  /** When this attempt must be done. */
  readonly deadline: Date;
  /** Aborts at the deadline, when the run is stopped and when the attempt is fenced off. */
  readonly signal: AbortSignal;
  /** The run's model, loaded once an environment. */
  openModel(): Promise<InferenceSession>;
  /** Times `work` as one stage of the rank's timeline. */
  measure<T>(stage: Stage, work: () => Promise<T>): Promise<T>;
  /** Writes what came of a partition and counts it in the rank's metrics. */
  finishPartition(partition: RankPartition, result: PartitionResult): Promise<void>;
  /** Writes `<result prefix>/output/<rank>/<name>`: bytes and text as they are, anything else as JSON. @returns its s3:// URI */
  saveResult(name: string, value: unknown): Promise<string>;
}

/** The default export of a script. */
export type Script = (ctx: RankContext) => Promise<void>;
