import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { resultTables } from '../../../cli/execution/resultTables.js';
import { exampleSummary } from './examples.js';

const plain = pc.createColors(false);
const show = (...args: Parameters<typeof exampleSummary>) => resultTables(exampleSummary(...args), plain);

describe('tables of a finished run', () => {
  it('says how the run ended and how much it did', () => {
    const [first] = show(6).split('\n');
    expect(first).toBe('SUCCEEDED  nightly-7: 6 of 6 ranks, 1,500 samples of 6 partitions (30 MB) in 12.0 s');
  });

  it('has a row for each of a few ranks', () => {
    const text = show(6);
    expect(text).toContain('Ranks\n');
    expect(text.split('\n').filter((line) => line.endsWith('cold        1'))).toHaveLength(6);
  });

  it('shows the slowest of many ranks', () => {
    const text = show(10_000);
    expect(text).toContain('The 8 slowest of 10,000 ranks');
    expect(text.split('\n').filter((line) => line.endsWith('cold        1'))).toHaveLength(8);
    expect(text).toMatch(/^ +9,999 /m);
    expect(text).not.toMatch(/^ +9,991 /m);
    expect(text.length).toBeLessThan(5_000);
  });

  it('shows both definitions of throughput, the spread of the ranks and the quality', () => {
    const text = show(6);
    for (const part of [
      '3.87 Gbit/s',
      '18 Gbit/s',
      'straggler ratio  2.00',
      '0.00874 / 0.000147',
      '-0.00155',
      '0.00845',
      '0.04 %',
      '0.9870',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('shows the bill with what was measured, without lines that cost nothing', () => {
    const text = show(6);
    expect(text).toContain('Lambda compute, ranks');
    expect(text).not.toContain('ingestion');
    expect(text).toContain('5 of 6 REPORT lines found');
    expect(text).toContain('in part estimated');
    expect(text).toContain('by the formula "max-memory-used" it would read $0.000300');
  });

  it('names failed ranks with their causes, the first of many', () => {
    const failed = Array.from({ length: 30 }, (_, rank) => ({
      rank,
      attempts: 3,
      cause: `Runtime.ExitError: rank ${rank}`,
    }));
    const text = show(40, { status: 'FAILED', ranks: { expected: 40, succeeded: 10, failed } });
    expect(text).toContain('rank 0 (3 attempts): Runtime.ExitError: rank 0');
    expect(text).toContain('and 10 more');
  });

  it('calls out predictions that are not finite and ranks that disagree', () => {
    const text = show(6, {
      nonFinite: { count: 1, partitions: [{ name: '3', count: 1, firstSamples: [17] }] },
      collectives: { channel: 'relay', reason: 'the quickest', status: 'done', failed: [], agrees: false },
    });
    expect(text).toMatch(/channel +relay: the quickest/);
    expect(text).toContain('1 prediction, in 3 (1)');
    expect(text).toContain('DIFFER from the summary');
  });

  it('leaves out what there is not', () => {
    const text = show(0, {
      throughput: null,
      rankTimes: null,
      quality: null,
      rows: [],
      collectives: { channel: 'none', reason: '', status: 'none', failed: [], agrees: null },
    });
    expect(text).not.toContain('Speed');
    expect(text).not.toContain('Predictions\n');
    expect(text).toContain('predictions  none');
  });
});
