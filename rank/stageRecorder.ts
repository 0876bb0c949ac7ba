import { type Stage, type StageSpan, stages } from '../run/metrics.js';

/** Most spans that one stage of one rank keeps, and all ranks of a run together. */
const maxSpansPerStage = 40;
const maxSpansOfRun = 120_000;

/** How many spans each stage of a rank may keep, so that the aggregate of the widest run can hold them all. */
export function spansPerStage(worldSize: number): number {
  const share = Math.floor(maxSpansOfRun / (stages.length * worldSize));
  return Math.min(maxSpansPerStage, Math.max(1, share));
}

interface StageState {
  active: number;
  sinceMs: number;
  totalMs: number;
  spans: { startMs: number; endMs: number }[];
}

/**
 * Times the stages of a rank's work. Work of one stage may overlap with itself (parallel downloads): a stage counts while
 * any of its work is under way. Decoding does not count while it waits for a download.
 */
export class StageRecorder {
  readonly #now: () => number;
  readonly #states: Record<Stage, StageState>;

  /** @param now epoch milliseconds */
  constructor(now: () => number = () => performance.timeOrigin + performance.now()) {
    this.#now = now;
    this.#states = Object.fromEntries(
      stages.map((stage) => [stage, { active: 0, sinceMs: 0, totalMs: 0, spans: [] }]),
    ) as unknown as Record<Stage, StageState>;
  }

  async measure<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    this.#change(stage, +1);
    try {
      return await work();
    } finally {
      this.#change(stage, -1);
    }
  }

  /** Adds a stretch that was over before the recorder existed, such as the start of the process. */
  add(stage: Stage, startMs: number, endMs: number): void {
    this.#states[stage].totalMs += endMs - startMs;
    this.#states[stage].spans.push({ startMs, endMs });
  }

  totalsMs(): Record<Stage, number> {
    return Object.fromEntries(stages.map((stage) => [stage, this.#states[stage].totalMs])) as Record<Stage, number>;
  }

  /** At most so many spans a stage; the narrowest gaps are closed first. */
  spans(mostPerStage = maxSpansPerStage): StageSpan[] {
    return stages.flatMap((stage) =>
      closeNarrowGaps(this.#states[stage].spans, mostPerStage).map((span) => ({ stage, ...span })),
    );
  }

  #change(stage: Stage, by: 1 | -1): void {
    const nowMs = this.#now();
    const before = this.#counting();
    this.#states[stage].active += by;
    const after = this.#counting();
    for (const each of stages) {
      if (!before[each] && after[each]) this.#states[each].sinceMs = nowMs;
      if (before[each] && !after[each]) this.add(each, this.#states[each].sinceMs, nowMs);
    }
  }

  #counting(): Record<Stage, boolean> {
    const counting = Object.fromEntries(stages.map((stage) => [stage, this.#states[stage].active > 0])) as Record<
      Stage,
      boolean
    >;
    return { ...counting, decode: counting.decode && !counting.download };
  }
}

function closeNarrowGaps(spans: readonly { startMs: number; endMs: number }[], most: number) {
  if (spans.length <= most) return spans;
  const gaps = spans.slice(1).map((span, index) => span.startMs - spans[index].endMs);
  const narrowestKept = gaps.slice().sort((a, b) => b - a)[most - 2];
  const merged = [{ ...spans[0] }];
  for (const [index, span] of spans.slice(1).entries()) {
    if (gaps[index] >= narrowestKept && merged.length < most) merged.push({ ...span });
    else merged[merged.length - 1].endMs = span.endMs;
  }
  return merged;
}
