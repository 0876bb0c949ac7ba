import type { Sweep } from './sweepFile.js';
import type { SweepRow } from './sweepRow.js';

/** `sweep.json`: what a sweep was to do and what came of it. */
export interface SweepResult {
  readonly version: 1;
  readonly sweep: Sweep;
  readonly cloud: 'local' | 'aws';
  readonly region: string;
  /** Why it ended: all runs were made, the money was spent, or somebody interrupted it. */
  readonly ended: 'complete' | 'stop_after_usd' | 'interrupted';
  readonly plannedRuns: number;
  readonly spentUsd: number;
  /** What a reader must know, such as data that stand for themselves more than once. */
  readonly notes: readonly string[];
  /** In the order in which they were made. */
  readonly rows: readonly SweepRow[];
}
