import type { Stage, StageSpan } from '../run/metrics.js';

/**
 * Of stages that overlap, the one that a picture shows: reading runs ahead of inference and costs no time then, so it
 * shows only where inference waits for it.
 */
export const stagePrecedence = [
  'inference',
  'collectives',
  'upload',
  'decode',
  'download',
  'init',
] as const satisfies readonly Stage[];

/** A stretch of time in which one stage shows. */
export interface StageSegment {
  readonly stage: Stage;
  readonly startMs: number;
  readonly endMs: number;
}

/** Reduces overlapping spans to segments that do not overlap, in order of time, by `stagePrecedence`. */
export function segmentsOf(spans: readonly StageSpan[]): StageSegment[] {
  const edges = spans
    .filter(({ startMs, endMs }) => endMs > startMs)
    .flatMap(({ stage, startMs, endMs }) => [
      { atMs: startMs, stage, change: 1 },
      { atMs: endMs, stage, change: -1 },
    ])
    .sort((left, right) => left.atMs - right.atMs);
  const active = new Map<Stage, number>();
  const segments: { stage: Stage; startMs: number; endMs: number }[] = [];
  edges.forEach(({ atMs, stage, change }, index) => {
    active.set(stage, (active.get(stage) ?? 0) + change);
    const endMs = edges[index + 1]?.atMs ?? atMs;
    const showing = stagePrecedence.find((candidate) => (active.get(candidate) ?? 0) > 0);
    if (showing === undefined || endMs === atMs) return;
    const last = segments[segments.length - 1];
    if (last?.stage === showing && last.endMs === atMs) last.endMs = endMs;
    else segments.push({ stage: showing, startMs: atMs, endMs });
  });
  return segments;
}

/**
 * Samples segments at `columns` equal steps of `[fromMs, toMs]`: of each step, the stage that shows longest in it, or
 * undefined where none shows for half of it. This bounds what a picture holds, however many spans there are.
 */
export function stageColumns(
  segments: readonly StageSegment[],
  fromMs: number,
  toMs: number,
  columns: number,
): (Stage | undefined)[] {
  const stepMs = (toMs - fromMs) / columns;
  const kinds = stagePrecedence.length;
  const shownMs = new Float64Array(columns * kinds);
  for (const { stage, startMs, endMs } of segments) {
    const kind = stagePrecedence.indexOf(stage);
    const first = Math.max(0, Math.floor((startMs - fromMs) / stepMs));
    const last = Math.min(columns - 1, Math.floor((endMs - fromMs) / stepMs));
    for (let column = first; column <= last; column++) {
      const columnStartMs = fromMs + column * stepMs;
      const withinMs = Math.min(endMs, columnStartMs + stepMs) - Math.max(startMs, columnStartMs);
      shownMs[column * kinds + kind] += Math.max(0, withinMs);
    }
  }
  return Array.from({ length: columns }, (_, column) => {
    const ofColumn = shownMs.subarray(column * kinds, (column + 1) * kinds);
    const totalMs = ofColumn.reduce((sum, ms) => sum + ms, 0);
    if (totalMs < stepMs / 2) return undefined;
    return stagePrecedence[ofColumn.indexOf(Math.max(...ofColumn))];
  });
}

/** Joins equal neighbours among columns to segments. */
export function joinColumns(columns: readonly (Stage | undefined)[], fromMs: number, toMs: number): StageSegment[] {
  const stepMs = (toMs - fromMs) / columns.length;
  const segments: StageSegment[] = [];
  let start = 0;
  for (let column = 1; column <= columns.length; column++) {
    if (column < columns.length && columns[column] === columns[start]) continue;
    const stage = columns[start];
    if (stage) segments.push({ stage, startMs: fromMs + start * stepMs, endMs: fromMs + column * stepMs });
    start = column;
  }
  return segments;
}
