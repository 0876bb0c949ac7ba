import type { RankRow, RunSummary } from '../run/summary.js';
import { median } from './statistics.js';
import type { Measures } from './sweepRow.js';

/** The figures of a run in which every rank delivered; undefined when there is nothing to measure. */
export function measuresOf(
  summary: Pick<RunSummary, 'rows' | 'throughput' | 'rankTimes' | 'cpuTimeS' | 'partitions' | 'samples' | 'bytes'>,
  job: { readonly startedAtMs: number; readonly endedAtMs: number },
): Measures | undefined {
  const { rows, throughput, rankTimes } = summary;
  if (rows.length === 0 || throughput === null || rankTimes === null) return undefined;
  const seconds = (ms: number): number => Math.max(0, ms) / 1000;
  const middle = (figure: (row: RankRow) => number) => seconds(median(rows.map(figure)));
  const firstMs = Math.min(...rows.map(({ startedAtMs }) => startedAtMs));
  const lastMs = Math.max(...rows.map(({ endedAtMs }) => endedAtMs));
  return {
    jobS: seconds(job.endedAtMs - job.startedAtMs),
    startUpS: middle(({ startedAtMs }) => startedAtMs - job.startedAtMs),
    containerS: middle(({ startedAtMs, endedAtMs, stageMs }) => endedAtMs - startedAtMs - stageMs.collectives),
    reductionS: middle(({ stageMs }) => stageMs.collectives) + seconds(job.endedAtMs - lastMs),
    ranksS: seconds(lastMs - firstMs),
    ranks: rows.length,
    coldRanks: rows.filter(({ coldStart }) => coldStart).length,
    retries: rows.reduce((sum, { generation }) => sum + generation, 0),
    partitions: summary.partitions,
    samples: summary.samples,
    bytes: summary.bytes,
    wallBitsPerS: throughput.wall.bitsPerSecond,
    wallSamplesPerS: throughput.wall.samplesPerSecond,
    sumBitsPerS: throughput.sumOverRanks.bitsPerSecond,
    sumSamplesPerS: throughput.sumOverRanks.samplesPerSecond,
    cpuTimeS: summary.cpuTimeS,
    stragglerRatio: rankTimes.stragglerRatio,
    peakRssMb: Math.max(...rows.map(({ peakRssMb }) => peakRssMb)),
  };
}
