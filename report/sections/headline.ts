import type { RunSummary } from '../../run/summary.js';
import {
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatFactor,
  formatFigure,
  formatPercent,
  formatSampleRate,
  formatTime,
  formatUsd,
} from '../format.js';
import { html, type SafeHtml } from '../html.js';

/** Name of the run, how it ended, and the figures that people ask for first. */
export function headline(summary: RunSummary): SafeHtml {
  const succeeded = summary.status === 'SUCCEEDED';
  return html`<header>
<p class="eyebrow">Muster run</p>
<h1>${summary.runId}</h1>
<p class="status ${succeeded ? 'ok' : 'failed'}">${succeeded ? 'Succeeded' : 'Failed'}</p>
<p class="where">${summary.resultPrefix}</p>
<p class="where">${formatTime(summary.startedAtMs)} to ${formatTime(summary.endedAtMs)}</p>
<dl class="headline">${headlineFigures(summary).map(
    ({ name, value, detail }) => html`<div><dt>${name}</dt><dd>${value}<small>${detail}</small></dd></div>\n`,
  )}</dl>
</header>`;
}

export interface HeadlineFigure {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
}

export function headlineFigures(summary: RunSummary): HeadlineFigure[] {
  const { ranks, throughput, rankTimes, quality, bill, samples } = summary;
  const figures: HeadlineFigure[] = [
    { name: 'Wall time', value: formatDuration(summary.wallMs), detail: 'from the plan to the aggregate' },
    {
      name: 'Ranks',
      value: formatCount(ranks.succeeded),
      detail: `delivered, of ${formatCount(ranks.expected)}`,
    },
    {
      name: 'Samples',
      value: formatCount(samples),
      detail: `${formatCount(summary.partitions)} partitions, ${formatBytes(summary.bytes)}`,
    },
    {
      name: 'Cost',
      value: formatUsd(bill.totalUsd),
      detail: `${bill.measured ? 'measured' : 'estimated in part'}, ${
        bill.usdPerThousandSamples === null
          ? 'no samples'
          : `${formatUsd(bill.usdPerThousandSamples)} per 1,000 samples`
      }`,
    },
  ];
  if (throughput) {
    figures.push({
      name: 'Throughput',
      value: formatSampleRate(throughput.wall.samplesPerSecond).replace(' samples/s', '/s'),
      detail: `samples of all ranks by wall time, ${formatBitRate(throughput.wall.bitsPerSecond)}`,
    });
  }
  if (rankTimes) {
    figures.push({
      name: 'Median rank',
      value: formatDuration(rankTimes.p50Ms),
      detail: `slowest ${formatDuration(rankTimes.maxMs)}, ${formatFactor(rankTimes.stragglerRatio)} times as long`,
    });
  }
  if (quality) {
    figures.push(
      quality.nmad === null
        ? { name: 'MAE', value: formatFigure(quality.mae), detail: 'mean absolute error' }
        : { name: 'NMAD', value: formatFigure(quality.nmad), detail: 'spread of (predicted - true) / (1 + true)' },
      {
        name: 'R\u00b2',
        value: quality.r2 === null ? 'n/a' : formatFigure(quality.r2),
        detail: `${formatPercent(quality.outlierFraction)} outliers`,
      },
    );
  }
  return figures;
}
