import { z } from 'zod';
import type { Payload } from './payload.js';

/** One partition: an object in the data bucket. */
export const partitionSchema = z.object({
  /** Unique in the run; names the predictions. */
  name: z.string(),
  key: z.string(),
  /** Bytes of the object. */
  size: z.int().min(0),
  etag: z.string(),
});
export type PlannedPartition = z.infer<typeof partitionSchema>;

const scriptSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('inference'),
    /** Why the built-in inference runs although the payload names another script. */
    insteadOf: z.string().optional(),
  }),
  z.object({
    kind: z.literal('module'),
    /** Prefix that is fetched whole. */
    prefix: z.string(),
    /** The module's key, under the prefix. */
    key: z.string(),
  }),
]);
export type PlannedScript = z.infer<typeof scriptSchema>;

const collectivesSchema = z.object({
  channel: z.enum(['none', 'relay', 'direct', 'storage']),
  /** Why this channel, for people. */
  reason: z.string(),
});
export type PlannedCollectives = z.infer<typeof collectivesSchema>;

const objectAddressSchema = z.object({ key: z.string(), size: z.int().min(0), etag: z.string() });

/** The invocation that made the plan, for the bill. */
export const coordinatorSchema = z.object({
  functionName: z.string(),
  requestId: z.string(),
  memoryMb: z.number(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
});
export type CoordinatorRecord = z.infer<typeof coordinatorSchema>;

/** S3 requests by the kinds that S3 bills. */
const s3RequestsSchema = z.object({ get: z.int(), put: z.int(), list: z.int(), head: z.int() });
export type S3Requests = z.infer<typeof s3RequestsSchema>;

/** What every rank of a run must know; `<result prefix>/plan.json`. Its existence is the claim on the prefix. */
export const planSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  createdAtMs: z.number(),
  /** When the run gives up, as epoch milliseconds; null: never. */
  deadlineAtMs: z.number().nullable(),
  bucket: z.string(),
  resultPrefix: z.string(),
  dataBucket: z.string(),
  /** Name of the executor's Lambda function. */
  executorFunction: z.string(),
  /** Number of its version, or `$LATEST`. */
  executorQualifier: z.string(),
  /** Configured memory of an executor. */
  executorMemoryMb: z.int().min(1),
  initialize: coordinatorSchema.extend({
    /** Its requests, those that write the plan included. */
    requests: s3RequestsSchema,
  }),
  worldSize: z.int().min(1),
  partitionCount: z.int().min(0),
  totalBytes: z.int().min(0),
  model: objectAddressSchema.nullable(),
  script: scriptSchema,
  collectives: collectivesSchema,
  maxConcurrency: z.int().min(1),
  /** The validated payload. */
  payload: z.custom<Payload>((value) => typeof value === 'object' && value !== null),
});
export type Plan = z.infer<typeof planSchema>;

/** The partitions of one rank. */
export const planRowSchema = z.object({ rank: z.int().min(0), partitions: z.array(partitionSchema) });
export type PlanRow = z.infer<typeof planRowSchema>;

/** The rows of `rowsPerPlanShard` consecutive ranks. */
export const planShardSchema = z.object({ runId: z.string(), rows: z.array(planRowSchema) });
