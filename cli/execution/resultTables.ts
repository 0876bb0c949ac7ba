import type { Bill } from '../../run/bill.js';
import type { Quality } from '../../run/quality.js';
import type { RankRow, RunSummary } from '../../run/summary.js';
import { bitRate, bytes, count, duration, figure, percent, plural, usd } from '../terminal/quantities.js';
import { facts, table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';
import { statusWord } from './progressLines.js';

/** Up to so many ranks each has its row; of more, the slowest are shown. */
const allRanksUpTo = 16;
const slowestShown = 8;
const failedShown = 20;

/** What a finished run came to, as tables for people. */
export function resultTables(summary: RunSummary, colours: Colours): string {
  return [
    title(summary, colours),
    rankTable(summary, colours),
    failedTable(summary, colours),
    speedFacts(summary, colours),
    qualityFacts(summary, colours),
    billTable(summary.bill, colours),
    fileFacts(summary, colours),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const section = (heading: string, body: string, colours: Colours): string => `${colours.bold(heading)}\n${body}`;

function title(
  { runId, status, ranks, samples, partitions, bytes: size, wallMs }: RunSummary,
  colours: Colours,
): string {
  const amount = `${count(samples)} samples of ${plural(partitions, 'partition')} (${bytes(size)}) in ${duration(wallMs)}`;
  return `${statusWord(status, colours)}  ${runId}: ${ranks.succeeded} of ${plural(ranks.expected, 'rank')}, ${amount}`;
}

const wallOf = ({ startedAtMs, endedAtMs }: RankRow): number => endedAtMs - startedAtMs;

function rankTable({ rows }: RunSummary, colours: Colours): string {
  if (rows.length === 0) return '';
  const shown =
    rows.length <= allRanksUpTo ? rows : [...rows].sort((a, b) => wallOf(b) - wallOf(a)).slice(0, slowestShown);
  const heading = shown === rows ? 'Ranks' : `The ${slowestShown} slowest of ${count(rows.length)} ranks`;
  const columns = ['rank', 'time', 'CPU', 'samples', 'samples/s', 'peak RSS', 'start', 'attempt'];
  const body = table(
    columns.map((name) => ({ heading: name, align: 'right' as const })),
    shown.map((row) => [
      count(row.rank),
      duration(wallOf(row)),
      `${row.cpuTimeS.toFixed(2)} s`,
      count(row.samples),
      figure((row.samples * 1000) / Math.max(1, wallOf(row))),
      `${count(row.peakRssMb)} MB`,
      row.coldStart ? 'cold' : 'warm',
      String(row.generation + 1),
    ]),
    colours,
  );
  return section(heading, body, colours);
}

function failedTable({ ranks: { failed } }: RunSummary, colours: Colours): string {
  if (failed.length === 0) return '';
  const lines = failed
    .slice(0, failedShown)
    .map(({ rank, attempts, cause }) => `  rank ${rank} (${plural(attempts, 'attempt')}): ${indented(cause)}`);
  if (failed.length > failedShown) lines.push(`  and ${count(failed.length - failedShown)} more, all in summary.json`);
  return section(colours.red('Ranks that did not deliver'), lines.join('\n'), colours);
}

/** Lines after the first stand below the name of the rank. */
const indented = (text: string): string => text.replaceAll('\n', '\n    ');

function speedFacts({ throughput, rankTimes }: RunSummary, colours: Colours): string {
  if (!throughput || !rankTimes) return '';
  const rate = ({ bitsPerSecond, samplesPerSecond }: { bitsPerSecond: number; samplesPerSecond: number }) =>
    `${bitRate(bitsPerSecond)}, ${figure(samplesPerSecond)} samples/s`;
  const { p50Ms, p95Ms, p99Ms, maxMs, stragglerRatio } = rankTimes;
  return section(
    'Speed',
    facts(
      [
        ['over wall time', `${rate(throughput.wall)}  (first rank's start to last rank's end)`],
        ['sum over ranks', `${rate(throughput.sumOverRanks)}  (by CPU time, as the CosmicAI paper counts)`],
        [
          'rank times',
          `median ${duration(p50Ms)}, p95 ${duration(p95Ms)}, p99 ${duration(p99Ms)}, slowest ${duration(maxMs)}`,
        ],
        ['straggler ratio', `${stragglerRatio.toFixed(2)}  (slowest / median)`],
      ],
      colours,
    ),
    colours,
  );
}

function qualityFacts({ quality, nonFinite, collectives }: RunSummary, colours: Colours): string {
  const entries: [string, string][] = quality ? qualityEntries(quality) : [];
  if (nonFinite.count > 0) {
    const where = nonFinite.partitions
      .map(({ name, count: bad }) => `${name} (${bad})`)
      .slice(0, 5)
      .join(', ');
    entries.push(['not finite', colours.yellow(`${plural(nonFinite.count, 'prediction')}, in ${where}`)]);
  }
  if (collectives.status === 'failed') {
    const lost = `failed at ${plural(collectives.failed.length, 'rank')}: ${collectives.failed[0]?.cause ?? 'unknown'}`;
    entries.push(['collectives', colours.yellow(lost)]);
  }
  if (collectives.agrees !== null) {
    const verdict = collectives.agrees ? 'the ranks agree with the summary' : colours.red('DIFFER from the summary');
    entries.push(['allreduce', `${verdict} (${collectives.channel})`]);
  }
  if (collectives.reason !== '') entries.push(['channel', `${collectives.channel}: ${collectives.reason}`]);
  return entries.length === 0 ? '' : section('Predictions', facts(entries, colours), colours);
}

function qualityEntries({ count: samples, mae, mse, bias, nmad, outlierFraction, r2 }: Quality): [string, string][] {
  return [
    ['against truth', `${count(samples)} samples`],
    ['MAE / MSE', `${figure(mae)} / ${figure(mse)}`],
    ['bias', figure(bias)],
    ['NMAD', nmad === null ? 'not computed' : figure(nmad)],
    ['outliers', percent(outlierFraction)],
    ['R2', r2 === null ? 'undefined, all true values are equal' : r2.toFixed(4)],
  ];
}

/** A bill, line by line. */
export function billTable(bill: Bill, colours: Colours): string {
  const rows = bill.lines
    .filter((line) => line.usd > 0)
    .map((line) => [line.description, `${figure(line.quantity)} ${line.unit}`, usd(line.usd), line.basis]);
  const { found, expected } = bill.reportLines;
  const basis = bill.measured ? 'measured' : 'in part estimated';
  rows.push([colours.bold('total'), '', colours.bold(usd(bill.totalUsd)), basis]);
  const heading = `Bill: what this costs on AWS (${bill.region}, ${bill.architecture}, prices of ${bill.pricesAsOf})`;
  const columns = [
    { heading: 'item' },
    { heading: 'quantity', align: 'right' as const },
    { heading: 'USD', align: 'right' as const },
    { heading: 'basis' },
  ];
  const notes = [
    `  ${found} of ${expected} REPORT lines found`,
    ...perUnit(bill),
    ...otherEstimates(bill),
    ...bill.notes.map((note) => `  ${note}`),
  ];
  return section(heading, `${table(columns, rows, colours)}\n${colours.dim(notes.join('\n'))}`, colours);
}

function perUnit({ usdPerThousandSamples, usdPerGb }: Bill): string[] {
  const parts = [
    ...(usdPerThousandSamples === null ? [] : [`${usd(usdPerThousandSamples)} per 1,000 samples`]),
    ...(usdPerGb === null ? [] : [`${usd(usdPerGb)} per GB`]),
  ];
  return parts.length === 0 ? [] : [`  ${parts.join(', ')}`];
}

const otherEstimates = ({ otherEstimates: estimates }: Bill): string[] =>
  estimates.map(
    ({ label, usd: amount }) => `  by the formula "${label}" it would read ${usd(amount)}; the report says why`,
  );

function fileFacts({ files, resultPrefix }: RunSummary, colours: Colours): string {
  const predictions =
    files.predictions.length === 0
      ? 'none'
      : `${resultPrefix}/predictions/ (${plural(files.predictions.length, 'file')})`;
  return section(
    'Files',
    facts(
      [
        ['metrics', files.combinedData],
        ['summary', files.summary],
        ['predictions', predictions],
        ['report', files.report],
      ],
      colours,
    ),
    colours,
  );
}
