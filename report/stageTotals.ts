import { type Stage, stages } from '../run/metrics.js';
import type { RankRow } from '../run/summary.js';

/** What the ranks spent on one stage. */
export interface StageTotals {
  readonly stage: Stage;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  /** The rank that spent `maxMs`. */
  readonly slowestRank: number;
}

/** Totals of the stages that took any time, in the order in which they begin. */
export function stageTotalsOf(rows: readonly RankRow[]): StageTotals[] {
  if (rows.length === 0) return [];
  return stages
    .map((stage) => {
      const totalMs = rows.reduce((sum, { stageMs }) => sum + stageMs[stage], 0);
      const slowest = rows.reduce((left, right) => (right.stageMs[stage] > left.stageMs[stage] ? right : left));
      return {
        stage,
        totalMs,
        meanMs: totalMs / rows.length,
        maxMs: slowest.stageMs[stage],
        slowestRank: slowest.rank,
      };
    })
    .filter(({ totalMs }) => totalMs > 0);
}
