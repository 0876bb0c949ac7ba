import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StageRecorder, spansPerStage } from '../../rank/stageRecorder.js';

function manualClock() {
  const clock = { nowMs: 0 };
  return { clock, recorder: new StageRecorder(() => clock.nowMs) };
}

/** Work that ends when it is told to. */
function gate() {
  let open = () => undefined as undefined;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve() as undefined;
  });
  return { open: () => open(), work: () => opened };
}

describe('StageRecorder', () => {
  it('counts overlapping work of one stage once', async () => {
    const { clock, recorder } = manualClock();
    const [first, second] = [gate(), gate()];
    const downloads = [recorder.measure('download', first.work)];
    clock.nowMs = 10;
    downloads.push(recorder.measure('download', second.work));
    clock.nowMs = 30;
    first.open();
    await downloads[0];
    clock.nowMs = 50;
    second.open();
    await downloads[1];
    expect(recorder.totalsMs().download).toBe(50);
    expect(recorder.spans()).toEqual([{ stage: 'download', startMs: 0, endMs: 50 }]);
  });

  it('does not count decoding while it waits for a download', async () => {
    const { clock, recorder } = manualClock();
    const [decoding, downloading] = [gate(), gate()];
    const decode = recorder.measure('decode', decoding.work);
    clock.nowMs = 5;
    const download = recorder.measure('download', downloading.work);
    clock.nowMs = 25;
    downloading.open();
    await download;
    clock.nowMs = 30;
    decoding.open();
    await decode;
    expect(recorder.totalsMs()).toMatchObject({ decode: 10, download: 20 });
  });

  it('ends a stage whose work failed', async () => {
    const { clock, recorder } = manualClock();
    await expect(recorder.measure('upload', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    clock.nowMs = 100;
    expect(recorder.totalsMs().upload).toBe(0);
  });

  it('keeps a bounded number of spans that cover all of the work', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), { maxLength: 300 }),
        (steps) => {
          const { recorder } = manualClock();
          let atMs = 0;
          const work = steps.map(([gapMs, tookMs]) => {
            const span = { startMs: atMs + gapMs, endMs: atMs + gapMs + tookMs };
            recorder.add('inference', span.startMs, span.endMs);
            atMs = span.endMs;
            return span;
          });
          const spans = recorder.spans();
          expect(spans.length).toBeLessThanOrEqual(40);
          for (const { startMs, endMs } of work) {
            expect(spans.some((span) => span.startMs <= startMs && endMs <= span.endMs)).toBe(true);
          }
          for (const [index, span] of spans.slice(1).entries())
            expect(span.startMs).toBeGreaterThan(spans[index].endMs);
        },
      ),
    );
  });

  it('keeps fewer spans a rank the more ranks there are, but never loses a stage', async () => {
    expect([1, 500, 1000, 10_000].map(spansPerStage)).toEqual([40, 40, 20, 2]);
    const recorder = new StageRecorder();
    for (let start = 0; start < 100; start += 10) recorder.add('download', start, start + 5 - start / 50);
    expect(recorder.spans(1)).toEqual([{ stage: 'download', startMs: 0, endMs: 90 + 5 - 90 / 50 }]);
    expect(recorder.spans(2)).toHaveLength(2);
  });
});
