import { z } from 'zod';
import { coordinatorSchema } from './plan.js';

/** Stages of a rank's work, in the order in which they begin. */
export const stages = ['init', 'download', 'decode', 'inference', 'collectives', 'upload'] as const;
export type Stage = (typeof stages)[number];

const qualitySumsSchema = z.object({
  count: z.number(),
  absoluteError: z.number(),
  squaredError: z.number(),
  scaledError: z.number(),
  outliers: z.number(),
  truth: z.number(),
  squaredTruth: z.number(),
});

/** One stretch of one stage, as epoch milliseconds; stages overlap, because reading runs ahead of inference. */
export const stageSpanSchema = z.object({ stage: z.enum(stages), startMs: z.number(), endMs: z.number() });
export type StageSpan = z.infer<typeof stageSpanSchema>;

/** What became of one partition. */
export const partitionRecordSchema = z.object({
  name: z.string(),
  key: z.string(),
  samples: z.int().min(0),
  /** Bytes of the object in S3. */
  bytes: z.int().min(0),
  /** Keys of what was written, in the run's bucket. */
  predictionsKey: z.string().nullable(),
  labelsKey: z.string().nullable(),
  /** Of the model's outputs after the first, if it has more than one. */
  furtherOutputKeys: z.array(z.string()).optional(),
  /** Of the output that the true values were compared with, if it is not the first. */
  comparedKey: z.string().optional(),
  quality: qualitySumsSchema,
  /** Samples whose prediction is NaN or infinite, with the first of them by index. */
  nonFinite: z.object({ count: z.int().min(0), firstSamples: z.array(z.int().min(0)) }),
});
export type PartitionRecord = z.infer<typeof partitionRecordSchema>;

/** What the collectives of a rank came to. */
export const collectiveRecordSchema = z.object({
  channel: z.enum(['none', 'relay', 'direct', 'storage']),
  status: z.enum(['none', 'done', 'failed']),
  /** Why they failed. */
  cause: z.string().optional(),
  /** What the allreduce gave: the same at every rank. */
  world: z.object({ quality: qualitySumsSchema, nonFinite: z.number(), cpuTimeS: z.number() }).optional(),
  barrierWaitMs: z.number().optional(),
});
export type CollectiveRecord = z.infer<typeof collectiveRecordSchema>;

/** What we record beside the CosmicAI keys. */
export const rankRecordSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  rank: z.int().min(0),
  worldSize: z.int().min(1),
  /** 0 for the first attempt; each retry adds one. */
  generation: z.int().min(0),
  requestId: z.string(),
  logGroup: z.string(),
  logStream: z.string(),
  coldStart: z.boolean(),
  memoryMb: z.number(),
  architecture: z.string(),
  /** Begin and end of the handler, epoch milliseconds. */
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  /** Total time of each stage in ms; stages overlap, so they do not add up to the whole. */
  stageMs: z.record(z.enum(stages), z.number()),
  spans: z.array(stageSpanSchema),
  cpuTimeS: z.number(),
  peakRssMb: z.number(),
  batches: z.int().min(0),
  samples: z.int().min(0),
  bytes: z.int().min(0),
  s3: z.object({
    get: z.int(),
    put: z.int(),
    list: z.int(),
    head: z.int(),
    bytesRead: z.number(),
    bytesWritten: z.number(),
  }),
  partitions: z.array(partitionRecordSchema),
  collective: collectiveRecordSchema,
  /** Keys of what the script saved. */
  outputs: z.array(z.string()),
});
export type RankRecord = z.infer<typeof rankRecordSchema>;

/**
 * `<result prefix>/<rank>.json`. The CosmicAI keys have the names and units of its executor: `total_cpu_time` is the CPU
 * time of the rank's work in seconds, `throughput_bps` bits of the partitions per second of CPU time, `sample_persec`
 * samples per second of CPU time, `execution_time` seconds of CPU time a batch, `total_cpu_memory` our peak RSS.
 */
export const rankMetricsSchema = z.object({
  'total_cpu_time (seconds)': z.number(),
  'total_cpu_memory (MB)': z.number(),
  'execution_time (seconds/batch)': z.number(),
  num_batches: z.int(),
  batch_size: z.int(),
  device: z.string(),
  throughput_bps: z.number(),
  sample_persec: z.number(),
  result_path: z.string(),
  data_path: z.string(),
  s3_num_requests: z.int(),
  s3_total_time: z.number(),
  s3_avg_time: z.number(),
  s3_min_time: z.number(),
  s3_max_time: z.number(),
  s3_first_request_time: z.number().nullable(),
  s3_last_response_time: z.number().nullable(),
  cpu_info: z.string(),
  'ram_info (GB)': z.number(),
  avg_profile: z.record(z.string(), z.number()),
  'self_cpu_memory (MB)': z.number(),
  muster: rankRecordSchema,
});
export type RankMetrics = z.infer<typeof rankMetricsSchema>;

/** One attempt at a rank, written when it begins. */
export const attemptSchema = z.object({
  generation: z.int().min(0),
  requestId: z.string(),
  logStream: z.string(),
  startedAtMs: z.number(),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** `attempts/<rank>.json`: every attempt so far; the newest generation owns the rank. */
export const attemptsSchema = z.object({ runId: z.string(), rank: z.int().min(0), attempts: z.array(attemptSchema) });
export type Attempts = z.infer<typeof attemptsSchema>;

/** `failures/<rank>.json`: why a rank was given up. */
export const rankFailureSchema = z.object({
  runId: z.string(),
  rank: z.int().min(0),
  attempts: z.int().min(1),
  error: z.string(),
  cause: z.string(),
  recordedAtMs: z.number(),
  /** The invocation that recorded it, for the bill. */
  coordinator: coordinatorSchema.optional(),
});
export type RankFailure = z.infer<typeof rankFailureSchema>;
