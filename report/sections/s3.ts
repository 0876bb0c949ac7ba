import type { RankS3, RunSummary } from '../../run/summary.js';
import { quantile } from '../distribution.js';
import { table } from '../figure.js';
import { formatBytes, formatCount, formatDuration } from '../format.js';
import type { SafeHtml } from '../html.js';
import { mostRankBars } from '../spreadChart.js';
import { mostTableRows, stragglerFactor } from './limits.js';
import type { SpreadFinding } from './spreadSection.js';

interface TimedRank {
  readonly rank: number;
  readonly s3: RankS3;
}

const meanMs = ({ requests, totalMs }: RankS3): number => totalMs / requests;

/** How long S3 took to answer, rank by rank. */
export function s3Times({ rows }: RunSummary): SpreadFinding | undefined {
  const timed: TimedRank[] = rows.flatMap(({ rank, s3 }) => (s3 && s3.requests > 0 ? [{ rank, s3 }] : []));
  if (timed.length === 0) return undefined;
  const values = timed.map(({ rank, s3 }) => ({ rank, value: meanMs(s3) }));
  const median = quantile(
    values.map(({ value }) => value).sort((left, right) => left - right),
    0.5,
  );
  return {
    id: 's3',
    title: 'S3',
    lead: sentences(timed),
    caption: `Mean time of a request ${timed.length > mostRankBars ? 'over the ranks' : 'at each rank'}, from sending it to the last byte of the answer. Requests overlap, so their sum may exceed the time of a rank.`,
    column: 'Mean time of a request',
    figures: s3Table(timed),
    spread: {
      label: `Mean time of an S3 request at ${timed.length} ranks`,
      values,
      format: formatDuration,
      reference: { name: 'median', value: median },
      fromZero: true,
      standsOutAbove: median * stragglerFactor,
    },
  };
}

function sentences(timed: readonly TimedRank[]): string {
  const sum = (figure: (s3: RankS3) => number) => timed.reduce((total, { s3 }) => total + figure(s3), 0);
  const requests = sum((s3) => s3.requests);
  const slowest = timed.reduce((left, right) => (right.s3.maxMs > left.s3.maxMs ? right : left));
  const fastestMs = timed.reduce((least, { s3 }) => Math.min(least, s3.minMs), Number.POSITIVE_INFINITY);
  const totalMs = sum((s3) => s3.totalMs);
  const read = sum((s3) => s3.bytesRead);
  const written = sum((s3) => s3.bytesWritten);
  return `${formatCount(requests)} requests took ${formatDuration(totalMs / requests)} on average, ${formatDuration(fastestMs)} at least and ${formatDuration(slowest.s3.maxMs)} at most, at rank ${slowest.rank}. Ranks read ${formatBytes(read)} and wrote ${formatBytes(written)}.`;
}

function s3Table(timed: readonly TimedRank[]): SafeHtml {
  const all = timed.length <= mostTableRows;
  const shown = all
    ? timed
    : [...timed]
        .sort((left, right) => meanMs(right.s3) - meanMs(left.s3) || left.rank - right.rank)
        .slice(0, mostTableRows);
  return table(
    all ? 'S3 requests of every rank' : `S3 requests of the ${formatCount(mostTableRows)} ranks with the slowest`,
    ['Rank', 'Requests', 'Mean', 'Fastest', 'Slowest', 'Sum', 'First to last', 'Read', 'Written'].map((title) => ({
      title,
      numeric: true,
    })),
    shown.map(({ rank, s3 }) => [
      rank,
      formatCount(s3.requests),
      formatDuration(meanMs(s3)),
      formatDuration(s3.minMs),
      formatDuration(s3.maxMs),
      formatDuration(s3.totalMs),
      formatDuration(s3.windowMs),
      formatBytes(s3.bytesRead),
      formatBytes(s3.bytesWritten),
    ]),
  );
}
