import { z } from 'zod';
import type { Bill } from '../../run/bill.js';
import { stages } from '../../run/metrics.js';
import type { Payload } from '../../run/payload.js';
import type { RunSummary } from '../../run/summary.js';
import { SummaryFormatError } from './errors.js';

/** Most faults that are listed. */
const mostFaults = 20;

const count = z.int().min(0);
const ratesSchema = z.looseObject({ bitsPerSecond: z.number(), samplesPerSecond: z.number() });

const s3Schema = z.looseObject({
  requests: count,
  totalMs: z.number(),
  minMs: z.number(),
  maxMs: z.number(),
  windowMs: z.number(),
  bytesRead: z.number(),
  bytesWritten: z.number(),
});

const rowSchema = z.looseObject({
  rank: count,
  generation: count,
  coldStart: z.boolean(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  samples: count,
  bytes: count,
  cpuTimeS: z.number(),
  peakRssMb: z.number(),
  memoryMb: z.number(),
  stageMs: z.record(z.enum(stages), z.number()),
  barrierWaitMs: z.number().nullable(),
  s3: s3Schema.optional(),
});

const qualitySchema = z.looseObject({
  count,
  mae: z.number(),
  mse: z.number(),
  bias: z.number(),
  nmad: z.number().nullable(),
  outlierFraction: z.number(),
  r2: z.number().nullable(),
});

/** What the report draws of a bill; other lines and estimates are taken as they stand. */
const drawnBillSchema = z.looseObject({
  region: z.string(),
  architecture: z.string(),
  pricesAsOf: z.string(),
  totalUsd: z.number(),
  measured: z.boolean(),
  notes: z.array(z.string()),
  lines: z.array(
    z.looseObject({
      description: z.string(),
      quantity: z.number(),
      unit: z.string(),
      unitPriceUsd: z.number(),
      usd: z.number(),
      basis: z.enum(['measured', 'estimated']),
    }),
  ),
  reportLines: z.looseObject({ found: count, expected: count }),
  usdPerThousandSamples: z.number().nullable(),
  usdPerGb: z.number().nullable(),
  otherEstimates: z.array(z.looseObject({ label: z.string(), usd: z.number(), note: z.string() })),
});

const summarySchema = z.looseObject({
  version: z.literal(1),
  runId: z.string(),
  status: z.enum(['SUCCEEDED', 'FAILED']),
  resultPrefix: z.string(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  wallMs: z.number(),
  worldSize: count,
  partitions: count,
  samples: count,
  bytes: count,
  ranks: z.looseObject({
    expected: count,
    succeeded: count,
    failed: z.array(z.looseObject({ rank: count, attempts: count, cause: z.string() })),
  }),
  throughput: z.looseObject({ sumOverRanks: ratesSchema, wall: ratesSchema }).nullable(),
  rankTimes: z
    .looseObject({
      p50Ms: z.number(),
      p95Ms: z.number(),
      p99Ms: z.number(),
      maxMs: z.number(),
      stragglerRatio: z.number(),
    })
    .nullable(),
  cpuTimeS: z.number(),
  quality: qualitySchema.nullable(),
  nonFinite: z.looseObject({
    count,
    partitions: z.array(z.looseObject({ name: z.string(), count, firstSamples: z.array(count) })),
  }),
  collectives: z.looseObject({
    channel: z.string(),
    reason: z.string(),
    status: z.enum(['none', 'done', 'failed']),
    failed: z.array(z.looseObject({ rank: count, cause: z.string() })),
    agrees: z.boolean().nullable(),
  }),
  bill: z.intersection(drawnBillSchema, z.custom<Bill>()),
  rows: z.array(rowSchema),
  payload: z.custom<Payload>((value) => typeof value === 'object' && value !== null).optional(),
  versions: z.record(z.string(), z.string()).optional(),
  files: z.looseObject({
    combinedData: z.string(),
    summary: z.string(),
    report: z.string(),
    predictions: z.array(z.string()),
    furtherOutputs: z.array(z.string()),
  }),
}) satisfies z.ZodType<RunSummary>;

/**
 * A document as the summary of a run, every figure that is drawn checked.
 *
 * @param where - Names the document in errors.
 * @throws SummaryFormatError listing the faults.
 */
export function parseSummary(where: string, document: unknown): RunSummary {
  const { data, error } = summarySchema.safeParse(document);
  if (data) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || '(document)'}: ${message}`);
  const more = faults.length > mostFaults ? [`and ${faults.length - mostFaults} more`] : [];
  throw new SummaryFormatError(where, [...faults.slice(0, mostFaults), ...more]);
}
