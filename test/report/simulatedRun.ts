import { computeBill } from '../../cost/bill.js';
import { defaultPriceTable } from '../../cost/prices.js';
import type { ReportInput } from '../../report/renderReport.js';
import type { Attempts, Stage, StageSpan } from '../../run/metrics.js';
import { parsePayload } from '../../run/parsePayload.js';
import type { Payload } from '../../run/payload.js';
import { qualityOf, sumQuality } from '../../run/quality.js';
import type { RankRow, RankS3, RunSummary } from '../../run/summary.js';

/** Uniform numbers in [0, 1) from a seed (mulberry32), so that a simulated run is the same every time. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const startedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const samplesPerRank = 1278;
const bytesPerRank = 26_200_000;
const memoryMb = 4096;

/** A rank's spans: cold start, then download and decode that run ahead of four stretches of inference, then the end. */
function spansFrom(beginMs: number, cold: boolean, slowness: number, random: () => number): StageSpan[] {
  const spans: StageSpan[] = [];
  let atMs = beginMs;
  if (cold) {
    const initMs = 350 + random() * 300;
    spans.push({ stage: 'init', startMs: atMs, endMs: atMs + initMs });
    atMs += initMs;
  }
  let readMs = atMs;
  let workMs = atMs;
  for (let part = 0; part < 4; part++) {
    const downloadMs = (120 + random() * 160) * slowness;
    spans.push({ stage: 'download', startMs: readMs, endMs: readMs + downloadMs });
    spans.push({ stage: 'decode', startMs: readMs + downloadMs, endMs: readMs + downloadMs + 25 });
    readMs += downloadMs + 25;
    const beginInferenceMs = Math.max(readMs, workMs);
    workMs = beginInferenceMs + (380 + random() * 200) * slowness;
    spans.push({ stage: 'inference', startMs: beginInferenceMs, endMs: workMs });
  }
  spans.push({ stage: 'upload', startMs: workMs, endMs: workMs + 60 + random() * 80 });
  const meetMs = workMs + 150;
  spans.push({ stage: 'collectives', startMs: meetMs, endMs: meetMs + 90 + random() * 120 });
  return spans;
}

/** The requests of a rank, the slowest of them a part of the partition. */
function s3Of(random: () => number, slowness: number): RankS3 {
  const maxMs = (120 + random() * 160) * slowness;
  return {
    requests: 14,
    totalMs: maxMs * 5.2,
    minMs: 8 + random() * 6,
    maxMs,
    windowMs: maxMs * 9,
    bytesRead: bytesPerRank,
    bytesWritten: 16_400,
  };
}

const totalOf = (spans: readonly StageSpan[], stage: Stage): number =>
  spans.filter((span) => span.stage === stage).reduce((sum, span) => sum + span.endMs - span.startMs, 0);

/** A redshift survey with a model of middling quality. */
export function simulatePairs(count: number, seed = 1): { predicted: Float32Array; truth: Float32Array } {
  const random = randomFrom(seed);
  const truth = Float32Array.from({ length: count }, () => 0.05 + 1.4 * (random() + random()) * random());
  const predicted = truth.map((value) => {
    const noise = (random() + random() + random() - 1.5) * 0.09;
    const catastrophic = random() < 0.01 ? (random() - 0.5) * 0.9 : 0;
    return value * 0.97 + 0.015 + (noise + catastrophic) * (1 + value);
  });
  return { predicted, truth };
}

/** A run of `worldSize` ranks: one retried, one slow, and `failedRanks` given up. */
export function simulateRun(worldSize: number, failedRanks = 0, seed = 7): ReportInput & { readonly payload: Payload } {
  const random = randomFrom(seed);
  const succeeded = worldSize - failedRanks;
  const rows: RankRow[] = [];
  const spans: { rank: number; generation: number; spans: StageSpan[] }[] = [];
  const attempts: Attempts[] = [];
  for (let rank = 0; rank < succeeded; rank++) {
    const retried = rank === 2;
    const firstMs = startedAtMs + 300 + random() * 250 + Math.floor(rank / 250) * 900;
    const beginMs = retried ? firstMs + 1900 : firstMs;
    const slowness = rank % 97 === 4 ? 1.9 : 0.9 + random() * 0.25;
    const cold = rank < worldSize * 0.8;
    const rankSpans = spansFrom(beginMs, cold, slowness, random);
    const endedAtMs = rankSpans[rankSpans.length - 1].endMs + 20;
    spans.push({ rank, generation: retried ? 1 : 0, spans: rankSpans });
    attempts.push({
      runId: 'run',
      rank,
      attempts: (retried ? [firstMs, beginMs] : [beginMs]).map((startMs, generation) => ({
        generation,
        requestId: `${rank}-${generation}`,
        logStream: 'stream',
        startedAtMs: startMs,
      })),
    });
    rows.push({
      rank,
      generation: retried ? 1 : 0,
      coldStart: cold,
      startedAtMs: beginMs,
      endedAtMs,
      samples: samplesPerRank,
      bytes: bytesPerRank,
      cpuTimeS: (totalOf(rankSpans, 'inference') / 1000) * 1.7,
      peakRssMb: 610 + random() * 90,
      memoryMb,
      stageMs: {
        init: totalOf(rankSpans, 'init'),
        download: totalOf(rankSpans, 'download'),
        decode: totalOf(rankSpans, 'decode'),
        inference: totalOf(rankSpans, 'inference'),
        collectives: totalOf(rankSpans, 'collectives'),
        upload: totalOf(rankSpans, 'upload'),
      },
      barrierWaitMs: 40 + random() * 60,
      s3: s3Of(random, slowness),
    });
  }
  const failed = Array.from({ length: failedRanks }, (_, index) => ({
    rank: succeeded + index,
    attempts: 3,
    cause: 'CorruptPartitionError: s3://survey/data/5.pt: the zip directory at byte 5242880 is cut short.',
  }));
  for (const { rank } of failed) {
    attempts.push({
      runId: 'run',
      rank,
      attempts: [400, 1500, 3200].map((afterMs, generation) => ({
        generation,
        requestId: `${rank}-${generation}`,
        logStream: 'stream',
        startedAtMs: startedAtMs + afterMs,
      })),
    });
  }
  const pairs = simulatePairs(Math.min(succeeded * samplesPerRank, 60_000));
  return {
    summary: summarize(worldSize, rows, failed, pairs),
    payload: parsePayload({
      bucket: 'survey',
      S3_object_name: 'models/redshift',
      script: 'inference.py',
      data_prefix: 'data/25MB',
      result_path: 'results/2026-01-02/7',
      file_limit: String(worldSize),
      batch_size: 256,
    }),
    pairs,
    attempts,
    spans,
    versions: { muster: '0.1.0', node: '22.11.0', onnxruntime: '1.30.0', model: 'redshift 1' },
  };
}

function summarize(
  worldSize: number,
  rows: readonly RankRow[],
  failed: RunSummary['ranks']['failed'],
  pairs: { predicted: Float32Array; truth: Float32Array },
): RunSummary {
  const times = rows.map((row) => row.endedAtMs - row.startedAtMs).sort((left, right) => left - right);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const endMs = Math.max(...rows.map((row) => row.endedAtMs));
  const firstMs = Math.min(...rows.map((row) => row.startedAtMs));
  const samples = rows.length * samplesPerRank;
  const bytes = rows.length * bytesPerRank;
  const wallS = (endMs - firstMs) / 1000;
  const scaled = Float64Array.from(pairs.truth, (truth, index) => (pairs.predicted[index] - truth) / (1 + truth));
  return {
    version: 1,
    runId: 'redshift-2026-01-02-7f3a',
    status: failed.length === 0 ? 'SUCCEEDED' : 'FAILED',
    resultPrefix: 's3://survey/results/2026-01-02/7',
    startedAtMs,
    endedAtMs: endMs + 640,
    wallMs: endMs + 640 - startedAtMs,
    worldSize,
    partitions: worldSize,
    samples,
    bytes,
    ranks: { expected: worldSize, succeeded: rows.length, failed },
    throughput: {
      sumOverRanks: {
        bitsPerSecond: rows.reduce((sum, row) => sum + (row.bytes * 8) / row.cpuTimeS, 0),
        samplesPerSecond: rows.reduce((sum, row) => sum + row.samples / row.cpuTimeS, 0),
      },
      wall: { bitsPerSecond: (bytes * 8) / wallS, samplesPerSecond: samples / wallS },
    },
    rankTimes: {
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
      maxMs: at(1),
      stragglerRatio: at(1) / at(0.5),
    },
    cpuTimeS: rows.reduce((sum, row) => sum + row.cpuTimeS, 0),
    quality: qualityOf(sumQuality(pairs.predicted, pairs.truth), scaled) ?? null,
    nonFinite: { count: 3, partitions: [{ name: '4', count: 3, firstSamples: [17, 401, 1190] }] },
    collectives: {
      channel: 'relay',
      reason: 'auto: a rendezvous is there and all ranks fit at once',
      status: 'done',
      failed: [],
      agrees: true,
    },
    bill: computeBill({
      region: 'us-east-1',
      architecture: 'x86_64',
      pricesTable: defaultPriceTable,
      invocations: [
        ...rows.map((row) => ({
          functionName: 'executor',
          requestId: String(row.rank),
          role: 'rank' as const,
          memoryMb,
          billedMs: row.rank % 50 === 49 ? undefined : Math.ceil(row.endedAtMs - row.startedAtMs),
          estimatedMs: row.endedAtMs - row.startedAtMs,
          ephemeralStorageMb: 512,
          failed: false,
          maxMemoryUsedMb: Math.round(row.peakRssMb),
        })),
        ...failed.map(({ rank }) => ({
          functionName: 'executor',
          requestId: `failed-${rank}`,
          role: 'rank' as const,
          memoryMb,
          billedMs: 812,
          estimatedMs: 800,
          ephemeralStorageMb: 512,
          failed: true,
        })),
        ...['initialize', 'aggregate'].map((functionName) => ({
          functionName,
          requestId: functionName,
          role: 'coordinator' as const,
          memoryMb: 1024,
          billedMs: 900,
          estimatedMs: 900,
          ephemeralStorageMb: 512,
          failed: false,
        })),
      ],
      stateTransitions: { standard: 5 + worldSize * 3, basis: 'estimated' },
      s3: { get: worldSize * 9, put: worldSize * 5, list: 3, head: worldSize },
      logBytes: worldSize * 4200,
      rendezvous: { hours: wallS / 3600 },
      samples,
      bytes,
    }),
    rows,
    files: {
      combinedData: 's3://survey/results/2026-01-02/7/combined_data.json',
      summary: 's3://survey/results/2026-01-02/7/summary.json',
      report: 's3://survey/results/2026-01-02/7/report.html',
      predictions: rows.map(({ rank }) => `s3://survey/results/2026-01-02/7/predictions/${rank + 1}.npy`),
      furtherOutputs: [],
    },
  };
}
