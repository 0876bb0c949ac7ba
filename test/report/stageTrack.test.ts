import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinColumns, segmentsOf, stageColumns, stagePrecedence } from '../../report/stageTrack.js';
import { type StageSpan, stages } from '../../run/metrics.js';

const spans: fc.Arbitrary<StageSpan[]> = fc.array(
  fc
    .tuple(fc.constantFrom(...stages), fc.nat(200), fc.nat(60))
    .map(([stage, startMs, length]) => ({ stage, startMs, endMs: startMs + length })),
  { maxLength: 20 },
);

/** The stage that shows in `[ms, ms + 1)`, by looking at every span. */
function stageAt(all: readonly StageSpan[], ms: number) {
  const active = all.filter(({ startMs, endMs }) => startMs <= ms && ms < endMs).map(({ stage }) => stage);
  return stagePrecedence.find((stage) => active.includes(stage));
}

describe('segmentsOf', () => {
  it('shows at every moment the stage that takes precedence', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const segments = segmentsOf(all);
        for (let ms = 0; ms <= 260; ms++) {
          const shown = segments.filter(({ startMs, endMs }) => startMs <= ms && ms < endMs);
          expect(shown.map(({ stage }) => stage)).toEqual([stageAt(all, ms)].filter((stage) => stage !== undefined));
        }
      }),
    );
  });

  it('leaves gaps where nothing happens and joins what touches', () => {
    expect(
      segmentsOf([
        { stage: 'inference', startMs: 10, endMs: 20 },
        { stage: 'inference', startMs: 20, endMs: 30 },
        { stage: 'download', startMs: 5, endMs: 25 },
        { stage: 'upload', startMs: 40, endMs: 50 },
      ]),
    ).toEqual([
      { stage: 'download', startMs: 5, endMs: 10 },
      { stage: 'inference', startMs: 10, endMs: 30 },
      { stage: 'upload', startMs: 40, endMs: 50 },
    ]);
  });
});

describe('stageColumns', () => {
  it('gives the same stages as the segments when a column is a millisecond', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const columns = stageColumns(segmentsOf(all), 0, 260, 260);
        expect(columns).toEqual(Array.from({ length: 260 }, (_, ms) => stageAt(all, ms)));
        expect(joinColumns(columns, 0, 260)).toEqual(
          segmentsOf(joinColumns(columns, 0, 260).map((segment) => ({ ...segment }))),
        );
      }),
    );
  });

  it('takes the longest stage of a column, and none where nothing lasts half of it', () => {
    const segments = segmentsOf([
      { stage: 'init', startMs: 0, endMs: 4 },
      { stage: 'download', startMs: 4, endMs: 10 },
      { stage: 'upload', startMs: 12, endMs: 15 },
    ]);
    expect(stageColumns(segments, 0, 20, 2)).toEqual(['download', undefined]);
  });
});
