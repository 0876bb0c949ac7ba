import type { Factors } from '../../sweep/factors.js';
import type { Measures, SweepRow } from '../../sweep/sweepRow.js';

/** A run that succeeded and whose ranks took so long. */
export function row(point: number, repeat: number, factors: Factors, seconds: number, usd = 0.01): SweepRow {
  const measures: Measures = {
    jobS: seconds + 2,
    startUpS: 1,
    containerS: seconds,
    reductionS: 1,
    ranksS: seconds,
    ranks: Number(factors.world_size ?? 1),
    coldRanks: 1,
    retries: 0,
    partitions: 4,
    samples: 1000,
    bytes: 2e7 * Number(factors.data_gb ?? 1),
    wallBitsPerS: 1.6e8 / seconds,
    wallSamplesPerS: 1000 / seconds,
    sumBitsPerS: 2e8 / seconds,
    sumSamplesPerS: 1200 / seconds,
    cpuTimeS: seconds,
    stragglerRatio: 1.1,
    peakRssMb: 200,
  };
  return {
    key: `${point + 1}-${repeat}`,
    point,
    repeat,
    factors: { ...factors },
    runId: `run-${point}-${repeat}`,
    status: 'SUCCEEDED',
    reason: null,
    startedAtMs: 1_700_000_000_000 + repeat * 60_000,
    endedAtMs: 1_700_000_000_000 + repeat * 60_000 + (seconds + 2) * 1000,
    usd,
    usdBasis: 'measured',
    repeatedData: false,
    killed: 0,
    measures,
  };
}

/** The same run, failed. */
export const failed = (made: SweepRow, reason: string): SweepRow => ({
  ...made,
  status: 'FAILED',
  reason,
  measures: null,
});
