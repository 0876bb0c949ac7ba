import { section } from '../../report/figure.js';
import { formatBitRate, formatBytes, formatDuration, formatSampleRate, formatUsd } from '../../report/format.js';
import { html, type SafeHtml } from '../../report/html.js';
import { type FactorName, factorTitle } from '../factors.js';
import type { MeasuredPoint } from '../measuredPoint.js';
import { alongFactor, figureAgainst } from './curveFigure.js';

const seconds = (value: number): string => formatDuration(value * 1000);

const differ = (points: readonly MeasuredPoint[], name: FactorName): boolean =>
  new Set(points.map(({ factors }) => factors[name])).size > 1;

/** Time and throughput against the amount of data, a curve for each partition size. */
export function dataSize(points: readonly MeasuredPoint[], scaling: 'strong' | 'weak' | undefined): SafeHtml | null {
  const along = (['data_gb', 'samples'] as const).find((name) => differ(points, name));
  if (!along || scaling === 'weak') return null;
  const against = {
    along: [along],
    xTitle: 'Data',
    x: (point: MeasuredPoint) => point.rows[0].measures.bytes,
    xFormat: formatBytes,
  };
  return section(
    'data-size',
    'Data size',
    html`<p class="lead">The amount is what the runs read: whole partitions.</p>`,
    figureAgainst(points, { ...against, label: 'Time of the job', figure: 'jobS', format: seconds }),
    figureAgainst(points, {
      ...against,
      label: "Throughput by wall time (all data / time from the first rank's begin to the last rank's end)",
      figure: 'wallBitsPerS',
      format: formatBitRate,
    }),
    figureAgainst(points, {
      ...against,
      label: "Throughput as the sum over ranks (each rank's data / its CPU time, as the CosmicAI paper counts)",
      figure: 'sumBitsPerS',
      format: formatBitRate,
    }),
  );
}

/** Time, and throughput in both definitions, against the batch size. */
export function batchSize(points: readonly MeasuredPoint[]): SafeHtml | null {
  if (!differ(points, 'batch_size')) return null;
  const against = alongFactor(points, 'batch_size');
  return section(
    'batch-size',
    'Batch size',
    figureAgainst(points, {
      ...against,
      label: 'Time of a rank, without collectives',
      figure: 'containerS',
      format: seconds,
    }),
    figureAgainst(points, {
      ...against,
      label: 'Throughput by wall time',
      figure: 'wallSamplesPerS',
      format: formatSampleRate,
    }),
    figureAgainst(points, {
      ...against,
      label: 'Throughput as the sum over ranks',
      figure: 'sumSamplesPerS',
      format: formatSampleRate,
    }),
  );
}

/** Cost against the partition size, a curve for each amount of data. */
export function partitionSize(points: readonly MeasuredPoint[]): SafeHtml | null {
  if (!differ(points, 'partition_mb')) return null;
  const against = alongFactor(points, 'partition_mb');
  return section(
    'partition-size',
    'Partition size',
    figureAgainst(points, { ...against, label: 'Cost of a run', figure: 'usd', format: formatUsd }),
    figureAgainst(points, { ...against, label: 'Time of the job by partition size', figure: 'jobS', format: seconds }),
  );
}

/** Time and cost against a factor that has no figures of its own. */
export function otherFactor(points: readonly MeasuredPoint[], name: FactorName): SafeHtml | null {
  if (!differ(points, name)) return null;
  const against = alongFactor(points, name);
  return section(
    `by-${name.replace('_', '-')}`,
    factorTitle(name),
    figureAgainst(points, {
      ...against,
      label: `Time of the job by ${midSentence(factorTitle(name))}`,
      figure: 'jobS',
      format: seconds,
    }),
    figureAgainst(points, {
      ...against,
      label: `Cost of a run by ${midSentence(factorTitle(name))}`,
      figure: 'usd',
      format: formatUsd,
    }),
  );
}

const midSentence = (title: string): string => `${title.charAt(0).toLowerCase()}${title.slice(1)}`;
