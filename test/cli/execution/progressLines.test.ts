import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { SparseDisplay } from '../../../cli/execution/progressDisplay.js';
import { progressLine, progressLines } from '../../../cli/execution/progressLines.js';
import type { RunProgress } from '../../../cli/execution/runProgress.js';

const plain = pc.createColors(false);

function example(changes: Partial<RunProgress> = {}): RunProgress {
  return {
    runId: 'nightly-7',
    status: 'RUNNING',
    stateName: 'RunRanks',
    elapsedMs: 7_000,
    ranks: { expected: 4, waiting: 1, running: 1, done: 2, failed: 0 },
    share: 0.5,
    samples: 500,
    samplesPerSecond: 100,
    etaMs: 3_000,
    usd: 0.000084,
    ...changes,
  };
}

describe('progress for people', () => {
  it('shows state, ranks, rate, time left and dollars', () => {
    expect(progressLines(example(), plain)).toEqual([
      'nightly-7  RunRanks  0:07',
      `  ${'█'.repeat(12)}${'░'.repeat(12)}  1 waiting  1 running  2 done  0 failed  of 4 ranks`,
      '  500 samples  100 samples/s  ETA 3.0 s  $0.0000840 so far (estimated)',
    ]);
  });

  it('has as many lines before the ranks start', () => {
    const early = example({
      ranks: undefined,
      share: 0,
      samples: 0,
      samplesPerSecond: undefined,
      etaMs: undefined,
      usd: undefined,
    });
    expect(progressLines(early, plain)).toHaveLength(progressLines(example(), plain).length);
    expect(progressLines(early, plain)[1]).toContain('no rank has started yet');
    expect(progressLines(early, plain)[2]).toBe('  0 samples  – samples/s  ETA –  – so far (estimated)');
  });

  it('tells tenths of the last seconds, and nothing of the time left once there is none', () => {
    expect(progressLines(example({ etaMs: 740 }), plain)[2]).toContain('ETA 0.7 s');
    expect(progressLines(example({ etaMs: 75_000 }), plain)[2]).toContain('ETA 1:15');
    expect(progressLines(example({ status: 'SUCCEEDED', etaMs: undefined }), plain)[2]).not.toContain('ETA');
  });

  it('says the same in one line', () => {
    expect(progressLine(example())).toBe(
      '[0:07]  RunRanks  2/4 ranks done  1 running  1 waiting  500 samples  100 samples/s  ETA 3.0 s  $0.0000840 so far (estimated)',
    );
    expect(progressLine(example({ status: 'FAILED', ranks: undefined }))).toBe('[0:07]  FAILED');
  });
});

describe('progress where nothing can be redrawn', () => {
  function record() {
    const lines: string[] = [];
    return { lines, display: new SparseDisplay((line) => lines.push(line)) };
  }

  it('writes a line when something has happened', () => {
    const { lines, display } = record();
    display.show(example({ stateName: 'Initialize', ranks: undefined }));
    display.show(example());
    display.show(example({ elapsedMs: 7_500 }));
    display.show(example({ elapsedMs: 8_000, status: 'SUCCEEDED' }));
    expect(lines).toHaveLength(3);
  });

  it('gives a sign of life every ten seconds', () => {
    const { lines, display } = record();
    for (let elapsedMs = 0; elapsedMs <= 30_000; elapsedMs += 250) display.show(example({ elapsedMs }));
    expect(lines).toHaveLength(4);
  });

  it('writes some ten lines about a wide run, and one for each failure', () => {
    const { lines, display } = record();
    for (let done = 0; done <= 10_000; done++) {
      const ranks = { expected: 10_000, waiting: 10_000 - done, running: 0, done, failed: 0 };
      display.show(example({ ranks, share: done / 10_000 }));
    }
    expect(lines).toHaveLength(11);
    display.show(example({ ranks: { expected: 10_000, waiting: 0, running: 0, done: 9_999, failed: 1 }, share: 1 }));
    expect(lines).toHaveLength(12);
  });
});
