import type { RunSnapshot } from '../../../cli/execution/runSnapshot.js';
import type { Bill } from '../../../run/bill.js';
import type { RankRow, RunSummary } from '../../../run/summary.js';

export const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:muster-inference:nightly-7';
export const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:muster-inference';

/** A run of four ranks in its map. */
export function exampleSnapshot(changes: Partial<RunSnapshot> = {}): RunSnapshot {
  return {
    runId: 'nightly-7',
    status: 'RUNNING',
    stateName: 'RunRanks',
    address: { bucket: 'b', resultPrefix: 'results/x', worldSize: 4 },
    ranks: { expected: 4, waiting: 1, running: 2, done: 1, failed: 0 },
    startedAtMs: 1_000_000,
    endedAtMs: undefined,
    mapStartedAtMs: 1_002_000,
    mapEndedAtMs: undefined,
    fault: undefined,
    ...changes,
  };
}

export const exampleBill: Bill = {
  currency: 'USD',
  region: 'us-east-1',
  architecture: 'x86_64',
  pricesAsOf: '2025-11-01',
  totalUsd: 0.0012,
  measured: false,
  lines: [
    {
      item: 'lambda-compute',
      description: 'Lambda compute, ranks',
      quantity: 60,
      unit: 'GB-s',
      unitPriceUsd: 0.0000166667,
      usd: 0.001,
      basis: 'measured',
    },
    {
      item: 'logs-ingestion',
      description: 'CloudWatch Logs ingestion',
      quantity: 0,
      unit: 'GB',
      unitPriceUsd: 0.5,
      usd: 0,
      basis: 'estimated',
    },
  ],
  reportLines: { found: 5, expected: 6 },
  usdPerThousandSamples: 0.0012,
  usdPerGb: null,
  otherEstimates: [{ label: 'max-memory-used', usd: 0.0003, note: 'memory used instead of memory configured' }],
  notes: ['List prices.'],
};

export function exampleRow(rank: number, wallMs: number): RankRow {
  return {
    rank,
    generation: 0,
    coldStart: true,
    startedAtMs: 1_002_000,
    endedAtMs: 1_002_000 + wallMs,
    samples: 250,
    bytes: 5_000_000,
    cpuTimeS: 1.5,
    peakRssMb: 210,
    memoryMb: 1769,
    stageMs: { init: 1, download: 1, decode: 1, inference: 1, collectives: 1, upload: 1 },
    barrierWaitMs: null,
  };
}

/** A finished run of so many ranks; later ranks are slower. */
export function exampleSummary(ranks: number, changes: Partial<RunSummary> = {}): RunSummary {
  return {
    version: 1,
    runId: 'nightly-7',
    status: 'SUCCEEDED',
    resultPrefix: 's3://b/results/x',
    startedAtMs: 1_000_000,
    endedAtMs: 1_012_000,
    wallMs: 12_000,
    worldSize: ranks,
    partitions: ranks,
    samples: 250 * ranks,
    bytes: 5_000_000 * ranks,
    ranks: { expected: ranks, succeeded: ranks, failed: [] },
    throughput: {
      sumOverRanks: { bitsPerSecond: 18.04e9, samplesPerSecond: 2_000 },
      wall: { bitsPerSecond: 3.87e9, samplesPerSecond: 500 },
    },
    rankTimes: { p50Ms: 2_000, p95Ms: 3_000, p99Ms: 3_500, maxMs: 4_000, stragglerRatio: 2 },
    cpuTimeS: 1.5 * ranks,
    quality: {
      count: 1000,
      mae: 0.00874,
      mse: 0.000147,
      bias: -0.00155,
      nmad: 0.00845,
      outlierFraction: 0.0004,
      r2: 0.987,
    },
    nonFinite: { count: 0, partitions: [] },
    collectives: { channel: 'relay', reason: 'all ranks fit', status: 'done', failed: [], agrees: true },
    bill: exampleBill,
    rows: Array.from({ length: ranks }, (_, rank) => exampleRow(rank, 1_000 + rank)),
    files: {
      combinedData: 's3://b/results/x/combined_data.json',
      summary: 's3://b/results/x/summary.json',
      report: 's3://b/results/x/report.html',
      predictions: Array.from({ length: ranks }, (_, rank) => `s3://b/results/x/predictions/${rank + 1}.npy`),
      furtherOutputs: [],
    },
    ...changes,
  };
}
