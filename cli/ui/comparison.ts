import { bytes, count, duration, figure, percent, usd } from '../terminal/quantities.js';
import type { RunView, SummaryView } from './wire.js';

/** One figure of two runs; null where a run does not have it. */
export interface ComparedFigure {
  readonly name: string;
  readonly left: string | null;
  readonly right: string | null;
  /** Right over left, as text; null where it would say nothing. */
  readonly ratio: string | null;
}

interface Measure {
  readonly name: string;
  readonly of: (summary: SummaryView, run: RunView) => number | null | undefined;
  readonly text: (value: number) => string;
}

const measures: readonly Measure[] = [
  { name: 'Time', of: (_, run) => (run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs), text: duration },
  { name: 'Cost', of: ({ bill }) => bill.totalUsd, text: usd },
  { name: 'Cost per 1,000 samples', of: ({ bill }) => bill.usdPerThousandSamples, text: usd },
  { name: 'Cost per GB', of: ({ bill }) => bill.usdPerGb, text: usd },
  { name: 'Ranks', of: ({ worldSize }) => worldSize, text: count },
  { name: 'Ranks that failed', of: ({ ranks }) => ranks.failed.length, text: count },
  { name: 'Partitions', of: ({ partitions }) => partitions, text: count },
  { name: 'Samples', of: ({ samples }) => samples, text: count },
  { name: 'Data', of: (summary) => summary.bytes, text: bytes },
  { name: 'Samples per second, wall', of: ({ throughput }) => throughput?.wall.samplesPerSecond, text: figure },
  {
    name: 'Samples per second, sum over ranks',
    of: ({ throughput }) => throughput?.sumOverRanks.samplesPerSecond,
    text: figure,
  },
  { name: 'Rank time, median', of: ({ rankTimes }) => rankTimes?.p50Ms, text: duration },
  { name: 'Rank time, slowest', of: ({ rankTimes }) => rankTimes?.maxMs, text: duration },
  { name: 'Slowest over median', of: ({ rankTimes }) => rankTimes?.stragglerRatio, text: figure },
  { name: 'CPU time', of: ({ cpuTimeS }) => cpuTimeS * 1000, text: duration },
  { name: 'Memory of a rank, MB', of: ({ rows }) => rows[0]?.memoryMb, text: count },
  { name: 'Memory used, most, MB', of: ({ rows }) => greatest(rows.map((row) => row.peakRssMb)), text: count },
  { name: 'Cold starts', of: ({ rows }) => rows.filter((row) => row.coldStart).length, text: count },
  { name: 'Mean absolute error', of: ({ quality }) => quality?.mae, text: figure },
  { name: 'NMAD', of: ({ quality }) => quality?.nmad, text: figure },
  { name: 'Outliers', of: ({ quality }) => quality?.outlierFraction, text: percent },
];

const greatest = (values: readonly number[]): number | null =>
  values.length > 0 ? values.reduce((left, right) => Math.max(left, right)) : null;

/** The figures of two runs side by side; those that neither has are left out. */
export function compareRuns(left: RunView, right: RunView): ComparedFigure[] {
  return measures.flatMap(({ name, of, text }) => {
    const [before, after] = [left, right].map((run) => (run.summary ? (of(run.summary, run) ?? null) : null));
    if (before === null && after === null) return [];
    return [
      {
        name,
        left: before === null ? null : text(before),
        right: after === null ? null : text(after),
        ratio: before === null || after === null || before <= 0 || after < 0 ? null : `× ${figure(after / before)}`,
      },
    ];
  });
}

/** Keys of two payloads that do not say the same, with what each says as JSON; null where it does not have the key. */
export function payloadDifferences(
  left: unknown,
  right: unknown,
): { readonly key: string; readonly left: string | null; readonly right: string | null }[] {
  const [before, after] = [left, right].map(entriesOf);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const said = { key, left: before.get(key) ?? null, right: after.get(key) ?? null };
    return said.left === said.right ? [] : [said];
  });
}

function entriesOf(payload: unknown): Map<string, string> {
  if (typeof payload !== 'object' || payload === null) return new Map([['(payload)', JSON.stringify(payload)]]);
  return new Map(Object.entries(payload).map(([key, value]) => [key, JSON.stringify(value)]));
}

/** A point of a curve: so many per cent of the ranks took so long, or less. */
export type TimePoint = readonly [sharePercent: number, seconds: number];

/**
 * The ranks' times, quickest first, over their share of the world, so that runs of different sizes lie over each other.
 */
export function rankTimeCurve({ rows }: Pick<SummaryView, 'rows'>): TimePoint[] {
  const seconds = rows.map(({ startedAtMs, endedAtMs }) => (endedAtMs - startedAtMs) / 1000).sort((a, b) => a - b);
  if (seconds.length === 1) return [0, 100].map((share) => [share, seconds[0]]);
  return seconds.map((value, index) => [(index / (seconds.length - 1)) * 100, value]);
}

/** A curve's time at a share of the ranks: that of the first rank at or beyond it; null for an empty curve. */
export const timeAt = (curve: readonly TimePoint[], sharePercent: number): number | null =>
  curve.find(([share]) => share >= sharePercent)?.[1] ?? null;
