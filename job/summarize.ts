import type { Bill } from '../run/bill.js';
import { combinedDataKey, reportKey, s3Uri, summaryKey } from '../run/keys.js';
import type { RankMetrics, RankRecord } from '../run/metrics.js';
import type { Plan } from '../run/plan.js';
import {
  addQualitySums,
  type Quality,
  type QualitySums,
  qualityOf,
  qualityVector,
  sumQuality,
} from '../run/quality.js';
import type {
  CollectiveSummary,
  FailedRank,
  NonFinite,
  RankRow,
  RankS3,
  RankTimes,
  RunSummary,
  Throughput,
} from '../run/summary.js';
import type { PredictionPairs } from './predictionPairs.js';

/** Relative difference up to which reduced and recomputed statistics count as equal; sums differ by their order alone. */
const agreementTolerance = 1e-9;

export interface SummaryInput {
  readonly plan: Plan;
  /** Of the ranks that delivered, by rank. */
  readonly metrics: readonly RankMetrics[];
  readonly failed: readonly FailedRank[];
  readonly pairs: PredictionPairs | undefined;
  readonly bill: Bill;
  /** Name to version of the programs that made the run. */
  readonly versions: Readonly<Record<string, string>>;
  readonly endedAtMs: number;
}

/** Works out `summary.json`; pure. */
export function summarizeRun({ plan, metrics, failed, pairs, bill, versions, endedAtMs }: SummaryInput): RunSummary {
  const records = metrics.map(({ muster }) => muster);
  const uri = (key: string) => s3Uri(plan.bucket, key);
  const sums = addQualitySums(records.flatMap(({ partitions }) => partitions.map(({ quality }) => quality)));
  return {
    version: 1,
    runId: plan.runId,
    status: isTolerated(plan, failed.length) ? 'SUCCEEDED' : 'FAILED',
    resultPrefix: uri(plan.resultPrefix),
    startedAtMs: plan.createdAtMs,
    endedAtMs,
    wallMs: endedAtMs - plan.createdAtMs,
    worldSize: plan.worldSize,
    partitions: plan.partitionCount,
    samples: total(records, ({ samples }) => samples),
    bytes: total(records, ({ bytes }) => bytes),
    ranks: { expected: plan.worldSize, succeeded: records.length, failed },
    throughput: throughputOf(records),
    rankTimes: rankTimesOf(records),
    cpuTimeS: total(records, ({ cpuTimeS }) => cpuTimeS),
    quality: (pairs ? qualityOfPairs(pairs) : qualityOf(sums)) ?? null,
    nonFinite: nonFiniteOf(records),
    collectives: collectivesOf(plan, records, sums),
    bill,
    rows: metrics.map(rowOf),
    payload: plan.payload,
    versions: {
      ...versions,
      executor: `${plan.executorFunction}:${plan.executorQualifier}`,
      ...(plan.model && { model: `${plan.model.key} (ETag ${plan.model.etag.replaceAll('"', '')})` }),
      'price table': bill.pricesAsOf,
    },
    files: {
      combinedData: uri(combinedDataKey(plan.resultPrefix)),
      summary: uri(summaryKey(plan.resultPrefix)),
      report: uri(reportKey(plan.resultPrefix)),
      predictions: records.flatMap(({ partitions }) =>
        partitions.flatMap(({ predictionsKey }) => (predictionsKey === null ? [] : [uri(predictionsKey)])),
      ),
      furtherOutputs: records.flatMap(({ partitions }) =>
        partitions.flatMap(({ furtherOutputKeys = [] }) => furtherOutputKeys.map(uri)),
      ),
    },
  };
}

/** Whether the payload tolerates so many failed ranks. */
export function isTolerated(plan: Plan, failedCount: number): boolean {
  return failedCount * 100 <= plan.payload.tolerated_failure_percentage * plan.worldSize;
}

function total(records: readonly RankRecord[], value: (record: RankRecord) => number): number {
  return records.reduce((sum, record) => sum + value(record), 0);
}

function throughputOf(records: readonly RankRecord[]): Throughput | null {
  const working = records.filter(({ samples }) => samples > 0);
  if (working.length === 0) return null;
  const startMs = Math.min(...working.map(({ startedAtMs }) => startedAtMs));
  const endMs = Math.max(...working.map(({ endedAtMs }) => endedAtMs));
  const wallS = Math.max(endMs - startMs, 1) / 1000;
  return {
    sumOverRanks: {
      bitsPerSecond: total(working, ({ bytes, cpuTimeS }) => (bytes * 8) / cpuTimeS),
      samplesPerSecond: total(working, ({ samples, cpuTimeS }) => samples / cpuTimeS),
    },
    wall: {
      bitsPerSecond: (total(working, ({ bytes }) => bytes) * 8) / wallS,
      samplesPerSecond: total(working, ({ samples }) => samples) / wallS,
    },
  };
}

function rankTimesOf(records: readonly RankRecord[]): RankTimes | null {
  if (records.length === 0) return null;
  const sorted = records.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs).sort((a, b) => a - b);
  const maxMs = sorted[sorted.length - 1];
  const p50Ms = quantile(sorted, 0.5);
  return {
    p50Ms,
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    maxMs,
    stragglerRatio: p50Ms > 0 ? maxMs / p50Ms : 1,
  };
}

/** Quantile by linear interpolation between order statistics (type 7, NumPy's default). */
function quantile(sorted: readonly number[], probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

function qualityOfPairs({ predicted, truth }: PredictionPairs): Quality | undefined {
  const scaledErrors = predicted.map((value, index) => (value - truth[index]) / (1 + truth[index]));
  return qualityOf(sumQuality(predicted, truth), scaledErrors);
}

function nonFiniteOf(records: readonly RankRecord[]): NonFinite {
  const partitions = records
    .flatMap((record) => record.partitions)
    .filter(({ nonFinite }) => nonFinite.count > 0)
    .map(({ name, nonFinite }) => ({ name, ...nonFinite }));
  return { count: partitions.reduce((sum, { count }) => sum + count, 0), partitions };
}

function collectivesOf(plan: Plan, records: readonly RankRecord[], recomputed: QualitySums): CollectiveSummary {
  const failed = records
    .filter(({ collective }) => collective.status === 'failed')
    .map(({ rank, collective }) => ({ rank, cause: collective.cause ?? 'unknown' }));
  const reduced = records.flatMap(({ collective }) => (collective.world ? [collective.world.quality] : []));
  const done = records.some(({ collective }) => collective.status === 'done');
  return {
    channel: plan.collectives.channel,
    reason: plan.collectives.reason,
    status: failed.length > 0 ? 'failed' : done ? 'done' : 'none',
    failed,
    agrees: reduced.length === 0 ? null : reduced.every((sums) => agree(sums, recomputed)),
  };
}

function agree(reduced: QualitySums, recomputed: QualitySums): boolean {
  const expected = qualityVector(recomputed);
  return qualityVector(reduced).every(
    (value, index) => Math.abs(value - expected[index]) <= agreementTolerance * Math.max(1, Math.abs(expected[index])),
  );
}

function rowOf(metrics: RankMetrics): RankRow {
  const { muster: record } = metrics;
  return {
    rank: record.rank,
    generation: record.generation,
    coldStart: record.coldStart,
    startedAtMs: record.startedAtMs,
    endedAtMs: record.endedAtMs,
    samples: record.samples,
    bytes: record.bytes,
    cpuTimeS: record.cpuTimeS,
    peakRssMb: record.peakRssMb,
    memoryMb: record.memoryMb,
    stageMs: record.stageMs,
    barrierWaitMs: record.collective.barrierWaitMs ?? null,
    s3: s3Of(metrics),
  };
}

function s3Of(metrics: RankMetrics): RankS3 {
  const { s3_first_request_time: firstS, s3_last_response_time: lastS } = metrics;
  return {
    requests: metrics.s3_num_requests,
    totalMs: metrics.s3_total_time * 1000,
    minMs: metrics.s3_min_time * 1000,
    maxMs: metrics.s3_max_time * 1000,
    windowMs: firstS === null || lastS === null ? 0 : (lastS - firstS) * 1000,
    bytesRead: metrics.muster.s3.bytesRead,
    bytesWritten: metrics.muster.s3.bytesWritten,
  };
}
