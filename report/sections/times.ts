import type { RunSummary } from '../../run/summary.js';
import { figure, narrowWidth, picture, section, table, wideWidth } from '../figure.js';
import {
  formatBitRate,
  formatCount,
  formatDuration,
  formatFactor,
  formatPercent,
  formatSampleRate,
} from '../format.js';
import { html, type SafeHtml } from '../html.js';
import type { Spread } from '../spreadChart.js';
import { drawStages, stageChartHeight } from '../stageChart.js';
import { stageTotalsOf } from '../stageTotals.js';
import { stageColor } from '../style.js';
import { stragglerFactor } from './limits.js';
import type { SpreadFinding } from './spreadSection.js';

/** Most stragglers that are named. */
const mostNamed = 10;

/** How long ranks took, and which of them held the others up. */
export function rankTimes({ rows, rankTimes: times }: RunSummary): SpreadFinding | undefined {
  if (rows.length === 0 || times === null) return undefined;
  const spread: Spread = {
    label: `Times of ${rows.length} ranks`,
    values: rows.map(({ rank, startedAtMs, endedAtMs }) => ({ rank, value: endedAtMs - startedAtMs })),
    format: formatDuration,
    reference: { name: 'median', value: times.p50Ms },
    fromZero: false,
    standsOutAbove: times.p50Ms * stragglerFactor,
  };
  return {
    id: 'rank-times',
    title: 'Rank times',
    lead: stragglerSentence(spread, times.stragglerRatio),
    caption: `Median ${formatDuration(times.p50Ms)}, 95th percentile ${formatDuration(times.p95Ms)}, 99th percentile ${formatDuration(times.p99Ms)}, slowest ${formatDuration(times.maxMs)}.`,
    column: 'Time',
    spread,
  };
}

function stragglerSentence({ values, standsOutAbove }: Spread, stragglerRatio: number): string {
  const sorted = [...values].sort((left, right) => right.value - left.value || left.rank - right.rank);
  const stragglers = sorted.filter(({ value }) => value > standsOutAbove);
  const ratio = `The slowest rank, ${sorted[0].rank}, took ${formatFactor(stragglerRatio)} times the median.`;
  if (stragglers.length === 0) return `${ratio} No rank took more than ${stragglerFactor} times as long as the median.`;
  const named = stragglers.slice(0, mostNamed).map(({ rank, value }) => `${rank} (${formatDuration(value)})`);
  const more = stragglers.length > mostNamed ? ` and ${formatCount(stragglers.length - mostNamed)} more` : '';
  return `${ratio} Stragglers, slower than ${stragglerFactor} times the median: ${
    stragglers.length === 1 ? 'rank' : 'ranks'
  } ${named.join(', ')}${more}.`;
}

/** Where the ranks' time went. */
export function stageBreakdown({ rows }: RunSummary): SafeHtml | undefined {
  const totals = stageTotalsOf(rows);
  if (totals.length === 0) return undefined;
  const height = stageChartHeight(totals.length);
  const rankMs = rows.reduce((sum, { startedAtMs, endedAtMs }) => sum + endedAtMs - startedAtMs, 0);
  const cold = rows.filter(({ coldStart }) => coldStart).length;
  return section(
    'stages',
    'Stages',
    html`<p class="lead">Mean time of a rank in each stage, with a tick at the longest. ${formatCount(cold)} of ${formatCount(rows.length)} ranks started cold.</p>`,
    figure({
      pictures: picture(
        (size) => drawStages(size, totals, stageColor),
        { width: wideWidth, height },
        { width: narrowWidth, height },
      ),
      caption: 'Stages overlap, so they do not add up to the time of a rank.',
      figures: table(
        'Stages over all ranks',
        [
          { title: 'Stage' },
          { title: 'Mean', numeric: true },
          { title: 'Longest', numeric: true },
          { title: 'at rank', numeric: true },
          { title: 'Total', numeric: true },
          { title: 'of rank time', numeric: true },
        ],
        totals.map(({ stage, meanMs, maxMs, slowestRank, totalMs }) => [
          stage,
          formatDuration(meanMs),
          formatDuration(maxMs),
          slowestRank,
          formatDuration(totalMs),
          rankMs > 0 ? formatPercent(totalMs / rankMs) : 'n/a',
        ]),
      ),
    }),
  );
}

/** Throughput in both definitions that are in use. */
export function throughputs({ throughput }: RunSummary): SafeHtml | undefined {
  if (throughput === null) return undefined;
  const { wall, sumOverRanks } = throughput;
  return section(
    'throughput',
    'Throughput',
    table(
      'The same run by both definitions in use',
      [{ title: 'Definition' }, { title: 'Samples', numeric: true }, { title: 'Data', numeric: true }],
      [
        [
          html`By wall time<small>all data / time from the first rank's start to the last rank's end</small>`,
          formatSampleRate(wall.samplesPerSecond),
          formatBitRate(wall.bitsPerSecond),
        ],
        [
          html`Sum over ranks<small>sum of each rank's data / its CPU time, as the CosmicAI paper states it</small>`,
          formatSampleRate(sumOverRanks.samplesPerSecond),
          formatBitRate(sumOverRanks.bitsPerSecond),
        ],
      ],
    ),
  );
}
