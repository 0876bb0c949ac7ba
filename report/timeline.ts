import type { Attempts, Stage, StageSpan } from '../run/metrics.js';
import type { RunSummary } from '../run/summary.js';
import { joinColumns, type StageSegment, segmentsOf, stageColumns } from './stageTrack.js';

/** Spans of the attempt that delivered a rank. */
export interface RankSpans {
  readonly rank: number;
  readonly generation: number;
  readonly spans: readonly StageSpan[];
}

/** What a bar shows: a stage, or what the stages do not tell. */
export type BarKind = Stage | 'working' | 'waiting' | 'failedAttempt';

/** One bar in a rank's row; times in milliseconds since the start of the run. */
export interface TimelineBar {
  readonly kind: BarKind;
  readonly startMs: number;
  readonly endMs: number;
}

export interface TimelineRow {
  readonly rank: number;
  readonly failed: boolean;
  readonly bars: readonly TimelineBar[];
}

/** Everything that the pictures of time need. */
export interface RankTracks {
  /** From the start of the run to the end of the last rank. */
  readonly totalMs: number;
  readonly rows: readonly TimelineRow[];
  /** Stages of each rank that delivered, in ms since the start of the run. */
  readonly segments: ReadonlyMap<number, readonly StageSegment[]>;
}

/** Steps into which a row is divided: about two pixels each. */
const columnsPerRow = 400;

/** Puts what is known of each rank's time on one scale, ranks in order. */
export function trackRanks(
  summary: RunSummary,
  spansOfRanks: readonly RankSpans[],
  attemptsOfRanks: readonly Attempts[],
): RankTracks {
  const originMs = summary.startedAtMs;
  const spansOf = new Map(spansOfRanks.map(({ rank, spans }) => [rank, spans]));
  const attemptsOf = new Map(attemptsOfRanks.map(({ rank, attempts }) => [rank, attempts]));
  const endMs = summary.rows.reduce((latest, { endedAtMs }) => Math.max(latest, endedAtMs), originMs);
  const totalMs = Math.max(1, (summary.rows.length > 0 ? endMs : summary.endedAtMs) - originMs);
  const segments = new Map<number, readonly StageSegment[]>();

  const delivered = summary.rows.map(({ rank, startedAtMs, endedAtMs, generation }): TimelineRow => {
    const spans = (spansOf.get(rank) ?? []).map((span) => ({
      ...span,
      startMs: span.startMs - originMs,
      endMs: span.endMs - originMs,
    }));
    const track = segmentsOf(spans);
    segments.set(rank, track);
    const starts = (attemptsOf.get(rank) ?? []).filter((attempt) => attempt.generation < generation);
    const failedBars = failedAttemptBars(
      starts.map((attempt) => attempt.startedAtMs - originMs),
      startedAtMs - originMs,
    );
    const beginMs = Math.min(startedAtMs - originMs, ...spans.map((span) => span.startMs));
    const drawn = joinColumns(stageColumns(track, 0, totalMs, columnsPerRow), 0, totalMs);
    const bars: TimelineBar[] = [
      { kind: 'waiting', startMs: 0, endMs: failedBars[0]?.startMs ?? beginMs },
      ...failedBars,
      ...(track.length === 0
        ? [{ kind: 'working' as const, startMs: beginMs, endMs: endedAtMs - originMs }]
        : drawn.map(({ stage, ...times }) => ({ kind: stage, ...times }))),
    ];
    return { rank, failed: false, bars: bars.filter((bar) => bar.endMs > bar.startMs) };
  });

  const failed = summary.ranks.failed.map(({ rank }): TimelineRow => {
    const starts = (attemptsOf.get(rank) ?? []).map((attempt) => attempt.startedAtMs - originMs);
    const bars = failedAttemptBars(starts, Math.max(0, ...starts) + totalMs / 50);
    return { rank, failed: true, bars: [{ kind: 'waiting', startMs: 0, endMs: starts[0] ?? totalMs }, ...bars] };
  });

  const rows = [...delivered, ...failed].sort((left, right) => left.rank - right.rank);
  return { totalMs, rows, segments };
}

/** A failed attempt leaves no end; it shows until the next one begins, and a rank's last one for a moment. */
function failedAttemptBars(startsMs: readonly number[], untilMs: number): TimelineBar[] {
  return startsMs.map((startMs, index) => ({ kind: 'failedAttempt', startMs, endMs: startsMs[index + 1] ?? untilMs }));
}

/** How many ranks show each stage at each of `columns` equal steps of the run. */
export function activityOf({ segments, totalMs }: RankTracks, columns: number): Record<Stage, number>[] {
  const activity = Array.from({ length: columns }, () => ({
    init: 0,
    download: 0,
    decode: 0,
    inference: 0,
    collectives: 0,
    upload: 0,
  }));
  for (const track of segments.values()) {
    stageColumns(track, 0, totalMs, columns).forEach((stage, column) => {
      if (stage) activity[column][stage]++;
    });
  }
  return activity;
}
