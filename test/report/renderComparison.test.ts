import { describe, expect, it } from 'vitest';
import { renderComparison, renderComparisonPicture } from '../../report/renderComparison.js';
import type { ComparedRun } from '../../run/comparedRun.js';

function runOf(name: string, partitionMb: number, dataGb: number, more: Partial<ComparedRun> = {}): ComparedRun {
  const rates = { bitsPerSecond: dataGb * 1e9, samplesPerSecond: dataGb * 1000 };
  return {
    runId: name,
    origin: 'cosmic-ai',
    path: `${name}/combined_data.json`,
    partitionMb,
    dataGb,
    repetition: 1,
    partitions: 4,
    samples: 100,
    bytes: 1000,
    cpuTimeS: 5,
    ranks: { succeeded: 4, expected: 4 },
    wallMs: dataGb * 10_000,
    overall: rates,
    sumOverRanks: rates,
    faults: [],
    ...more,
  };
}

const runs = [
  runOf('25-1', 25, 1),
  runOf('25-2', 25, 2),
  runOf('100-1', 100, 1, {
    faults: [{ code: 'DUPLICATES', message: 'more than one record of <b>1.pt</b>' }],
    ranks: { succeeded: 3, expected: 4 },
  }),
  runOf('mine', 24.8, 1.5, { origin: 'muster' }),
];

describe('renderComparison', () => {
  it('draws every measure with a line for each size of partitions, and the figures behind it', () => {
    const page = renderComparison(runs);
    expect([...page.matchAll(/<figure>/g)]).toHaveLength(3);
    for (const name of ['CosmicAI, 25 MB', 'CosmicAI, 100 MB', 'Muster, 25 MB', 'hollow: incomplete', '3 of 4']) {
      expect(page).toContain(name);
    }
    expect(page).toContain('more than one record of &lt;b&gt;1.pt&lt;/b&gt;');
    expect(page.match(/<script|https?:|NaN|undefined/)).toBeNull();
  });

  it('leaves out what no run has recorded, and speaks of incomplete runs only where there are some', () => {
    const page = renderComparison([runOf('25-1', 25, 1, { wallMs: null, overall: null })]);
    expect([...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, title]) => title)).toEqual([
      'Throughput as the sum over ranks',
      'All runs',
    ]);
    expect(page).toContain('all complete');
    expect(page).not.toContain('hollow');
  });

  it('is also one picture', () => {
    const picture = renderComparisonPicture(runs, 'dark');
    expect(picture).toMatch(/^<svg xmlns=/);
    expect([...picture.matchAll(/<svg width="920" height="360"/g)]).toHaveLength(3);
    expect(picture.match(/var\(|NaN|undefined/)).toBeNull();
  });
});
