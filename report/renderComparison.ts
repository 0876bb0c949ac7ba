import type { ComparedRun } from '../run/comparedRun.js';
import type { ChartSize } from './chart.js';
import { figure, type LegendEntry, legend, narrowWidth, picture, section, table, wideWidth } from './figure.js';
import { formatBitRate, formatCount, formatDuration, formatFactor } from './format.js';
import { html, type SafeHtml } from './html.js';
import { page } from './page.js';
import type { ColorScheme } from './palette.js';
import { chartPanel, heading, legendPanel, paragraph, stack } from './panel.js';
import { pictureOf } from './pictureFrame.js';
import { drawBySize, type SizeSeries } from './sizeChart.js';

/** Colours of the series, in their order; after the last, the first comes again. */
const colors = [
  'var(--accent)',
  'var(--collectives)',
  'var(--download)',
  'var(--upload)',
  'var(--note)',
  'var(--init)',
];

const originNames: Readonly<Record<ComparedRun['origin'], string>> = { 'cosmic-ai': 'CosmicAI', muster: 'Muster' };

/** One chart: a figure of every run against the size of its data. */
interface Measure {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly axis: string;
  readonly format: (value: number) => string;
  readonly measured: (run: ComparedRun) => number | null;
}

const measures: readonly Measure[] = [
  {
    id: 'time',
    title: 'Execution time',
    about: 'The whole execution, from its start to its end.',
    axis: 'time',
    format: formatDuration,
    measured: ({ wallMs }) => wallMs,
  },
  {
    id: 'overall',
    title: 'Throughput by execution time',
    about: 'All data / the time of the whole execution.',
    axis: 'throughput',
    format: formatBitRate,
    measured: ({ overall }) => overall?.bitsPerSecond ?? null,
  },
  {
    id: 'sum-over-ranks',
    title: 'Throughput as the sum over ranks',
    about: "The sum of each rank's data / its CPU time, as the CosmicAI paper states it.",
    axis: 'throughput',
    format: formatBitRate,
    measured: ({ sumOverRanks }) => sumOverRanks?.bitsPerSecond ?? null,
  },
];

const isComplete = ({ faults }: ComparedRun): boolean => faults.length === 0;

const roundMb = (megabytes: number): string => formatFactor(megabytes < 10 ? megabytes : Math.round(megabytes));

const seriesName = ({ origin, partitionMb }: ComparedRun): string =>
  `${originNames[origin]}, ${roundMb(partitionMb)} MB`;

/** The runs of each system and size of partitions that have the figure. */
function seriesOf(runs: readonly ComparedRun[], measured: Measure['measured']): SizeSeries[] {
  const names = [...new Set(runs.map(seriesName))];
  return names.map((name, index) => {
    const members = runs.filter((run) => seriesName(run) === name);
    return {
      name,
      color: colors[index % colors.length],
      symbol: members[0].origin === 'muster' ? 'diamond' : 'circle',
      points: members.flatMap((run) => {
        const value = measured(run);
        return value === null ? [] : [{ dataGb: run.dataGb, value, complete: isComplete(run) }];
      }),
    };
  });
}

const drawMeasure = ({ title, axis, format, measured }: Measure, runs: readonly ComparedRun[], size: ChartSize) =>
  drawBySize(
    `${title} of ${runs.length} runs against the size of their data`,
    size,
    { name: axis, format },
    seriesOf(runs, measured),
  );

const drawable = (runs: readonly ComparedRun[]): Measure[] =>
  measures.filter(({ measured }) => runs.some((run) => measured(run) !== null));

const legendOf = (runs: readonly ComparedRun[]): LegendEntry[] => {
  const entries = seriesOf(runs, () => null).map(({ name, color }) => ({ name, color }));
  return runs.every(isComplete) ? entries : [...entries, { name: 'hollow: incomplete', color: 'var(--muted)' }];
};

const overview = (runs: readonly ComparedRun[]): string => {
  const incomplete = runs.filter((run) => !isComplete(run)).length;
  return `${formatCount(runs.length)} runs, ${incomplete === 0 ? 'all complete' : `${formatCount(incomplete)} of them incomplete`}. Sizes count MB of 2^20 and GB of 2^30 bytes. Lines go through the means.`;
};

const wide = { width: wideWidth, height: 360 };
const narrow = { width: narrowWidth, height: 300 };

/** Renders runs of several systems as one page: charts, the table behind them, and what is incomplete. */
export function renderComparison(runs: readonly ComparedRun[]): string {
  const charts = drawable(runs).map((measure) =>
    section(
      measure.id,
      measure.title,
      html`<p class="lead">${measure.about}</p>`,
      figure({
        pictures: [legend(legendOf(runs)), picture((size) => drawMeasure(measure, runs, size), wide, narrow)],
        caption: overview(runs),
        figures: measureTable(measure, runs),
      }),
    ),
  );
  return page(
    'Runs side by side - Muster',
    html`<header><p class="eyebrow">Muster import</p><h1>Runs side by side</h1><p class="where">${overview(runs)}</p></header>
${incompleteRuns(runs)}${charts}${allRuns(runs)}`,
  );
}

function measureTable({ title, format, measured }: Measure, runs: readonly ComparedRun[]): SafeHtml {
  return table(
    title,
    [{ title: 'Runs' }, { title: 'Data, GB', numeric: true }, { title: 'Run' }, { title, numeric: true }],
    runs.map((run) => {
      const value = measured(run);
      return [seriesName(run), formatFactor(run.dataGb), run.runId, value === null ? 'not recorded' : format(value)];
    }),
  );
}

function incompleteRuns(runs: readonly ComparedRun[]): SafeHtml | null {
  const incomplete = runs.filter((run) => !isComplete(run));
  if (incomplete.length === 0) return null;
  return section(
    'incomplete',
    'Incomplete runs',
    table(
      'Runs whose results are not those of a whole run',
      [{ title: 'Run' }, { title: 'What is wrong' }],
      incomplete.map(({ runId, origin, faults }) => [
        html`${runId}<small>${originNames[origin]}</small>`,
        html`<span class="cause">${faults.map(({ message }) => message).join('; ')}</span>`,
      ]),
    ),
  );
}

function allRuns(runs: readonly ComparedRun[]): SafeHtml {
  return section(
    'runs',
    'All runs',
    table(
      'All runs',
      [
        { title: 'Run' },
        { title: 'Partition, MB', numeric: true },
        { title: 'Data, GB', numeric: true },
        { title: 'Ranks', numeric: true },
        { title: 'Samples', numeric: true },
        { title: 'Time', numeric: true },
        { title: 'By time', numeric: true },
        { title: 'Sum over ranks', numeric: true },
      ],
      runs.map((run) => [
        html`${run.runId}<small>${originNames[run.origin]}${isComplete(run) ? '' : ', incomplete'}</small>`,
        roundMb(run.partitionMb),
        formatFactor(run.dataGb),
        run.ranks.expected === null ? run.ranks.succeeded : `${run.ranks.succeeded} of ${run.ranks.expected}`,
        formatCount(run.samples),
        run.wallMs === null ? '' : formatDuration(run.wallMs),
        run.overall ? formatBitRate(run.overall.bitsPerSecond) : '',
        run.sumOverRanks ? formatBitRate(run.sumOverRanks.bitsPerSecond) : '',
      ]),
    ),
  );
}

/** Draws the charts of the page as one SVG picture. */
export function renderComparisonPicture(runs: readonly ComparedRun[], scheme: ColorScheme): string {
  const panels = drawable(runs).map((measure) =>
    stack(
      [
        heading(measure.title),
        paragraph(measure.about),
        chartPanel(wide, [{ x: 0, chart: drawMeasure(measure, runs, wide) }]),
      ],
      8,
    ),
  );
  const content = stack([paragraph(overview(runs)), legendPanel(legendOf(runs)), ...panels], 24);
  return pictureOf('Runs side by side - Muster', content, scheme);
}
