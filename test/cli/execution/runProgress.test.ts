import { describe, expect, it } from 'vitest';
import type { ResultsSoFar } from '../../../cli/execution/resultsProbe.js';
import { runProgress } from '../../../cli/execution/runProgress.js';
import { samplePlan } from '../../job/samplePlan.js';
import { exampleSnapshot } from './examples.js';

const plan = samplePlan('bucket', {
  totalBytes: 20_000_000,
  partitionCount: 8,
  worldSize: 4,
  executorFunction: 'f',
  maxConcurrency: 2,
});
const delivered = { startedAtMs: 1_002_000, endedAtMs: 1_006_000, samples: 250, bytes: 5_000_000 };
const underWay = { startedAtMs: 1_006_000, work: undefined };
const results: ResultsSoFar = { plan, delivered: [delivered], underWay: [underWay] };
const nothing: ResultsSoFar = { plan, delivered: [], underWay: [] };
const size = { memoryMb: 1024, architecture: 'x86_64' as const, region: 'us-east-1' };
const nowMs = 1_007_000;

describe('progress of a run', () => {
  it('counts the samples of the ranks that are through over the time of the map', () => {
    const progress = runProgress(exampleSnapshot(), results, size, nowMs);
    expect(progress).toMatchObject({ elapsedMs: 7_000, samples: 250, samplesPerSecond: 50 });
  });

  it('expects the running ranks to take as long as the others did, then the waiting ones in waves', () => {
    // Ranks take 4 s; one has run for 1 s, and one more waits.
    expect(runProgress(exampleSnapshot(), results, size, nowMs).etaMs).toBe(3_000 + 4_000);
    const many = exampleSnapshot({ ranks: { expected: 9, waiting: 5, running: 2, done: 2, failed: 0 } });
    expect(runProgress(many, results, size, nowMs).etaMs).toBe(3_000 + 3 * 4_000);
  });

  it('judges by the partitions that are finished, before any rank is through', () => {
    const ranks = { expected: 4, waiting: 0, running: 4, done: 0, failed: 0 };
    const finished = { plannedBytes: 5_000_000, finishedBytes: 2_500_000, samples: 125, lastFinishedAtMs: 1_004_000 };
    const untouched = { plannedBytes: 5_000_000, finishedBytes: 0, samples: 0, lastFinishedAtMs: undefined };
    const early: ResultsSoFar = {
      plan,
      delivered: [],
      underWay: [
        { startedAtMs: 1_002_000, work: finished },
        { startedAtMs: 1_003_000, work: untouched },
        { startedAtMs: 1_004_000, work: untouched },
      ],
    };
    const progress = runProgress(exampleSnapshot({ ranks }), early, size, 1_005_000);
    // A rank takes 4 s; the first has run for 3 s, the last for 1 s.
    expect(progress).toMatchObject({ samples: 125, share: 0.125, etaMs: 3_000 });
    expect(progress.samplesPerSecond).toBeGreaterThan(0);
  });

  it('lets a rank go on at its own pace', () => {
    const ranks = { expected: 4, waiting: 0, running: 1, done: 3, failed: 0 };
    const slow = { plannedBytes: 5_000_000, finishedBytes: 2_500_000, samples: 125, lastFinishedAtMs: 1_016_000 };
    const late: ResultsSoFar = { plan, delivered: [delivered], underWay: [{ startedAtMs: 1_006_000, work: slow }] };
    // Half of it took 10 s.
    expect(runProgress(exampleSnapshot({ ranks }), late, size, 1_017_000).etaMs).toBe(9_000);
  });

  it('goes by the ranks alone where there is no data', () => {
    const dataless = { ...plan, totalBytes: 0, partitionCount: 0 };
    const through = { ...delivered, bytes: 0, samples: 0 };
    const progress = runProgress(
      exampleSnapshot(),
      { plan: dataless, delivered: [through], underWay: [underWay] },
      size,
      nowMs,
    );
    expect(progress).toMatchObject({ share: 0.25, samplesPerSecond: undefined, etaMs: 3_000 + 4_000 });
  });

  it('never expects less than nothing of a rank that takes longer', () => {
    const last = exampleSnapshot({ ranks: { expected: 4, waiting: 0, running: 1, done: 3, failed: 0 } });
    expect(runProgress(last, results, size, nowMs + 60_000).etaMs).toBe(0);
  });

  it('knows no rate, no end and no cost before a rank is through', () => {
    const progress = runProgress(exampleSnapshot(), nothing, undefined, nowMs);
    expect(progress).toMatchObject({ samples: 0, samplesPerSecond: undefined, etaMs: undefined, usd: undefined });
  });

  it('charges every rank that has begun, the running ones up to now', () => {
    // 4 s and 1 s of 1 GB, and two requests.
    expect(runProgress(exampleSnapshot(), results, size, nowMs).usd).toBeCloseTo(5 * 0.0000166667 + 2 * 2e-7, 12);
  });

  it('counts a rank as done that delivered after it was counted as running', () => {
    const two = { ...results, delivered: [delivered, delivered] };
    expect(runProgress(exampleSnapshot(), two, size, nowMs).ranks).toEqual({
      expected: 4,
      waiting: 1,
      running: 1,
      done: 2,
      failed: 0,
    });
  });

  it('stands still when the map is over', () => {
    const over = exampleSnapshot({
      mapEndedAtMs: 1_007_000,
      ranks: { expected: 4, waiting: 0, running: 0, done: 4, failed: 0 },
    });
    const progress = runProgress(over, results, size, nowMs + 60_000);
    expect(progress.samplesPerSecond).toBe(50);
    expect(progress.etaMs).toBeUndefined();
  });

  it('counts no negative time when the clocks differ', () => {
    expect(runProgress(exampleSnapshot(), nothing, undefined, 999_000).elapsedMs).toBe(0);
  });
});
