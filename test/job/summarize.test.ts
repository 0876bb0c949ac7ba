import { describe, expect, it } from 'vitest';
import { summarizeRun } from '../../job/summarize.js';
import type { Bill } from '../../run/bill.js';
import type { RankMetrics } from '../../run/metrics.js';
import { addQualitySums, type QualitySums, sumQuality } from '../../run/quality.js';
import { samplePlan } from './samplePlan.js';

const bill: Bill = {
  currency: 'USD',
  region: 'us-east-1',
  architecture: 'x86_64',
  pricesAsOf: '2026-01-01',
  totalUsd: 0.01,
  measured: false,
  notes: [],
  lines: [],
  reportLines: { found: 0, expected: 0 },
  usdPerThousandSamples: null,
  usdPerGb: null,
  otherEstimates: [],
};

const noStages = { init: 0, download: 0, decode: 0, inference: 0, collectives: 0, upload: 0 };

function metricsOf(rank: number, tookMs: number, quality: QualitySums, world?: QualitySums): RankMetrics {
  const startedAtMs = 1_700_000_001_000;
  return {
    'total_cpu_time (seconds)': 2,
    'total_cpu_memory (MB)': 100,
    'execution_time (seconds/batch)': 1,
    num_batches: 2,
    batch_size: 512,
    device: 'cpu',
    throughput_bps: 400,
    sample_persec: 5,
    result_path: 'results/one',
    data_path: `survey/${rank}.pt`,
    s3_num_requests: 1,
    s3_total_time: 1,
    s3_avg_time: 1,
    s3_min_time: 1,
    s3_max_time: 1,
    s3_first_request_time: 1,
    s3_last_response_time: 2,
    cpu_info: 'cpu',
    'ram_info (GB)': 1,
    avg_profile: {},
    'self_cpu_memory (MB)': 100,
    muster: {
      version: 1,
      runId: 'run-1',
      rank,
      worldSize: 2,
      generation: 0,
      requestId: `request-${rank}`,
      logGroup: 'group',
      logStream: 'stream',
      coldStart: true,
      memoryMb: 1769,
      architecture: 'x86_64',
      startedAtMs,
      endedAtMs: startedAtMs + tookMs,
      stageMs: noStages,
      spans: [],
      cpuTimeS: 2,
      peakRssMb: 100,
      batches: 2,
      samples: 10,
      bytes: 100,
      s3: { get: 1, put: 1, list: 0, head: 0, bytesRead: 100, bytesWritten: 10 },
      partitions: [
        {
          name: String(rank),
          key: `survey/${rank}.pt`,
          samples: 10,
          bytes: 100,
          predictionsKey: `results/one/predictions/${rank}.npy`,
          labelsKey: null,
          furtherOutputKeys: [`results/one/further_outputs/error/${rank}.npy`],
          quality,
          nonFinite: { count: rank, firstSamples: rank > 0 ? [3] : [] },
        },
      ],
      collective: world
        ? { channel: 'relay', status: 'done', world: { quality: world, nonFinite: 1, cpuTimeS: 4 } }
        : { channel: 'relay', status: 'failed', cause: 'RankLostError: rank 1' },
      outputs: [],
    },
  };
}

const sums = [sumQuality([0.1, 0.2], [0.1, 0.21]), sumQuality([0.3, 0.5], [0.3, 0.4])];
const world = addQualitySums(sums);
const complete = [metricsOf(0, 1000, sums[0], world), metricsOf(1, 3000, sums[1], world)];
const input = {
  metrics: complete,
  failed: [],
  pairs: undefined,
  bill,
  versions: { muster: '0.0.0' },
  endedAtMs: 1_700_000_010_000,
};

describe('summarizeRun', () => {
  it('says where every output of the model lies', () => {
    const { files } = summarizeRun({ plan: samplePlan('test-bucket'), ...input });
    expect(files.predictions).toEqual([0, 1].map((rank) => `s3://test-bucket/results/one/predictions/${rank}.npy`));
    expect(files.furtherOutputs).toEqual(
      [0, 1].map((rank) => `s3://test-bucket/results/one/further_outputs/error/${rank}.npy`),
    );
  });

  it('states both throughputs by their definitions', () => {
    const { throughput, samples, bytes, cpuTimeS, wallMs } = summarizeRun({
      plan: samplePlan('test-bucket'),
      ...input,
    });
    expect({ samples, bytes, cpuTimeS, wallMs }).toEqual({ samples: 20, bytes: 200, cpuTimeS: 4, wallMs: 10_000 });
    expect(throughput?.sumOverRanks).toEqual({ bitsPerSecond: 800, samplesPerSecond: 10 });
    expect(throughput?.wall).toEqual({ bitsPerSecond: 1600 / 3, samplesPerSecond: 20 / 3 });
  });

  it('describes the spread of the ranks', () => {
    const { rankTimes } = summarizeRun({ plan: samplePlan('test-bucket'), ...input });
    expect(rankTimes).toEqual({ p50Ms: 2000, p95Ms: 2900, p99Ms: 2980, maxMs: 3000, stragglerRatio: 1.5 });
  });

  it('computes the quality from the pairs when they are there, with the NMAD, and from the sums otherwise', () => {
    const fromSums = summarizeRun({ plan: samplePlan('test-bucket'), ...input }).quality;
    expect(fromSums).toMatchObject({ count: 4, nmad: null, outlierFraction: 0.25 });
    const pairs = { predicted: Float64Array.of(0.1, 0.2, 0.3, 0.5), truth: Float64Array.of(0.1, 0.21, 0.3, 0.4) };
    const fromPairs = summarizeRun({ plan: samplePlan('test-bucket'), ...input, pairs }).quality;
    expect(fromPairs?.mae).toBeCloseTo(fromSums?.mae ?? Number.NaN, 12);
    expect(fromPairs?.nmad).toBeGreaterThan(0);
  });

  it('names the samples without a finite prediction', () => {
    expect(summarizeRun({ plan: samplePlan('test-bucket'), ...input }).nonFinite).toEqual({
      count: 1,
      partitions: [{ name: '1', count: 1, firstSamples: [3] }],
    });
  });

  it('compares what the ranks agreed on with what it computed itself', () => {
    expect(summarizeRun({ plan: samplePlan('test-bucket'), ...input }).collectives).toMatchObject({
      status: 'done',
      agrees: true,
    });
    const wrong = { ...world, count: 5 };
    const disagreeing = [metricsOf(0, 1, sums[0], wrong), metricsOf(1, 1, sums[1], wrong)];
    const summary = summarizeRun({ plan: samplePlan('test-bucket'), ...input, metrics: disagreeing });
    expect(summary.collectives.agrees).toBe(false);
    const failed = summarizeRun({ plan: samplePlan('test-bucket'), ...input, metrics: [metricsOf(0, 1, sums[0])] });
    expect(failed.collectives).toMatchObject({
      status: 'failed',
      agrees: null,
      failed: [{ rank: 0, cause: 'RankLostError: rank 1' }],
    });
  });

  it('fails a run with missing ranks unless the payload tolerates the share', () => {
    const failed = [{ rank: 1, attempts: 3, cause: 'Boom: it broke' }];
    const partial = { ...input, metrics: [complete[0]], failed };
    expect(summarizeRun({ plan: samplePlan('test-bucket'), ...partial }).status).toBe('FAILED');
    const tolerant = samplePlan('test-bucket', {}, { tolerated_failure_percentage: 50 });
    expect(summarizeRun({ plan: tolerant, ...partial })).toMatchObject({
      status: 'SUCCEEDED',
      ranks: { expected: 2, succeeded: 1, failed },
    });
  });

  it('survives a run of which nothing came', () => {
    const summary = summarizeRun({ plan: samplePlan('test-bucket'), ...input, metrics: [] });
    expect(summary).toMatchObject({ throughput: null, rankTimes: null, quality: null, samples: 0 });
  });
});
