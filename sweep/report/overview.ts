import { figure, legend, narrowWidth, picture, section, table, wideWidth } from '../../report/figure.js';
import { formatBytes, formatCount, formatDuration, formatTime, formatUsd } from '../../report/format.js';
import { html, type SafeHtml } from '../../report/html.js';
import { type FactorName, factorNames, factorsWords } from '../factors.js';
import { groupsBut, type MeasuredPoint } from '../measuredPoint.js';
import { paretoFront } from '../paretoFront.js';
import type { SweepResult } from '../sweepResult.js';
import { curveFigure, fixedIn, repeatCells, repeatColumns } from './curveFigure.js';
import { drawStageBars, type StageBar, stageBarsHeight, stageParts } from './stageBars.js';

const seconds = (value: number): string => formatDuration(value * 1000);
const nameOf = (point: MeasuredPoint, points: readonly MeasuredPoint[]): string =>
  factorsWords(point.factors, points.length > 1 ? fixedIn(points) : []) || `point ${point.index + 1}`;

const endings: Readonly<Record<SweepResult['ended'], string>> = {
  complete: 'All runs were made',
  stop_after_usd: 'Stopped, because stop_after_usd was reached',
  interrupted: 'Interrupted; the same command goes on with it',
};

/** What was swept, how far it came and what it cost. */
export function headline(result: SweepResult, points: readonly MeasuredPoint[]): SafeHtml {
  const { sweep, rows, plannedRuns, ended, spentUsd, cloud, region, notes } = result;
  const good = rows.filter(({ status }) => status === 'SUCCEEDED').length;
  const fixed =
    points.length > 1
      ? factorsWords(Object.fromEntries(fixedIn(points).map((name) => [name, points[0].factors[name]])))
      : '';
  const figures = [
    { name: 'Runs', value: formatCount(good), detail: `succeeded, of ${formatCount(plannedRuns)} planned` },
    { name: 'Points', value: formatCount(points.length), detail: `measured, up to ${sweep.repeats} times each` },
    { name: 'Cost', value: formatUsd(spentUsd), detail: cloud === 'aws' ? 'by list prices' : 'what AWS would charge' },
    { name: 'Cold starts', value: sweep.cold ? 'forced' : 'as they come', detail: `order by seed ${sweep.seed}` },
  ];
  const first = rows.reduce((least, { startedAtMs }) => Math.min(least, startedAtMs), Number.POSITIVE_INFINITY);
  return html`<header>
<p class="eyebrow">Muster sweep</p>
<h1>${sweep.title ?? sweep.name}</h1>
<p class="status ${ended === 'complete' && good === plannedRuns ? 'ok' : 'failed'}">${endings[ended]}</p>
<p class="where">${cloud === 'aws' ? `AWS, ${region}` : 'the embedded cloud, on one machine'}${fixed === '' ? '' : `; all runs: ${fixed}`}</p>
${Number.isFinite(first) ? html`<p class="where">begun ${formatTime(first)}</p>` : null}
<dl class="headline">${figures.map(({ name, value, detail }) => html`<div><dt>${name}</dt><dd>${value}<small>${detail}</small></dd></div>\n`)}</dl>
${notes.map((note) => html`<p class="note">${note}</p>`)}
</header>`;
}

/** Runs that are no figures, and why. */
export function failedRuns({ rows }: SweepResult): SafeHtml | null {
  const failed = rows.filter(({ status }) => status !== 'SUCCEEDED');
  if (failed.length === 0) return null;
  return section(
    'failed-runs',
    failed.length === 1 ? 'One run failed' : `${formatCount(failed.length)} runs failed`,
    html`<p class="lead">They are in none of the figures.</p>`,
    table(
      'Runs that failed',
      [
        { title: 'Point' },
        { title: 'Repeat', numeric: true },
        { title: 'Run' },
        { title: 'Status' },
        { title: 'Reason' },
      ],
      failed.map(({ factors, repeat, runId, status, reason }) => [
        factorsWords(factors),
        repeat,
        runId,
        status,
        html`<span class="cause">${reason}</span>`,
      ]),
    ),
  );
}

/** Most points that get a bar each. */
const mostBars = 40;

/** Where the time of a job goes. */
export function stageBreakdown(points: readonly MeasuredPoint[]): SafeHtml {
  const bars = points.map(
    (point): StageBar => ({
      name: nameOf(point, points),
      startUpS: point.repeats('startUpS').median,
      containerS: point.repeats('containerS').median,
      reductionS: point.repeats('reductionS').median,
      jobS: point.repeats('jobS').median,
    }),
  );
  const shown = bars.slice(0, mostBars);
  const height = stageBarsHeight(shown.length);
  return section(
    'stages',
    'Stages of the job',
    html`<p class="lead">Start-up: from the start of the job until a rank begins. Container: a rank, from begin to end, without its time in collectives. Reduction: a rank's time in collectives, and from the last rank's end to the end of the job. Each is the median of the ranks, then of the repeats, so that they add up to about the job, whose end has a tick.</p>`,
    figure({
      pictures: html`${legend(stageParts.map(({ name, color }) => ({ name, color })))}${picture(
        (size) => drawStageBars(size, shown),
        { width: wideWidth, height },
        { width: narrowWidth, height },
      )}`,
      caption:
        shown.length < bars.length
          ? `The first ${mostBars} of ${formatCount(bars.length)} points; the table has all.`
          : 'Medians of the repeats.',
      figures: table(
        'Stages of the job',
        [
          { title: 'Point' },
          ...['Job', 'Start-up', 'Container', 'Reduction'].map((title) => ({ title, numeric: true })),
        ],
        bars.map(({ name, jobS, startUpS, containerS, reductionS }) => [
          name,
          ...[jobS, startUpS, containerS, reductionS].map(seconds),
        ]),
      ),
    }),
  );
}

const amountFactors: readonly FactorName[] = ['data_gb', 'samples'];

/** Time against cost, with the points that no other one beats. */
export function pareto(points: readonly MeasuredPoint[]): SafeHtml | null {
  if (points.length < 2) return null;
  const places = points.map((point) => ({
    point,
    factors: point.factors,
    seconds: point.repeats('jobS').median,
    usd: point.repeats('usd').median,
  }));
  // Points with different amounts of data are different work: each amount has a front of its own.
  const amounts = groupsBut(
    places,
    factorNames.filter((name) => !amountFactors.includes(name)),
  );
  const fronts = amounts.map(({ shared, points: group }) => ({ shared, front: paretoFront(group) }));
  const onFront = new Set(fronts.flatMap(({ front }) => front.map(({ point }) => point.index)));
  const rest = places.filter(({ point }) => !onFront.has(point.index));
  const spot = ({ point, seconds: y, usd }: (typeof places)[number]) => ({ x: usd, y, repeats: point.repeats('jobS') });
  return section(
    'pareto',
    'Time against cost',
    html`<p class="lead">On a front are the points that no other one with as much data beats in time and in cost.</p>`,
    curveFigure(
      {
        label: 'Pareto front',
        xTitle: 'Cost of a run (median)',
        xFormat: formatUsd,
        yFormat: seconds,
        curves: [
          ...fronts.map(({ shared, front }) => ({
            name: fronts.length > 1 ? `front of ${factorsWords(shared)}` : 'front',
            points: front.map(spot).sort((left, right) => left.x - right.x),
          })),
          ...(rest.length > 0 ? [{ name: 'beaten', points: rest.map(spot), scattered: true }] : []),
        ],
      },
      'Medians of the repeats; the thick bars go from the least time to the greatest, the thin ones over its 95 % interval.',
      table(
        'Time and cost of each point',
        [
          { title: 'Point' },
          { title: 'Time', numeric: true },
          { title: 'Cost', numeric: true },
          { title: 'On the front' },
        ],
        [...places]
          .sort((left, right) => left.seconds - right.seconds)
          .map(({ point, seconds: time, usd }) => [
            nameOf(point, points),
            seconds(time),
            formatUsd(usd),
            onFront.has(point.index) ? 'yes' : '',
          ]),
      ),
    ),
  );
}

/** Every point in one table. */
export const allPoints = (points: readonly MeasuredPoint[]): SafeHtml =>
  section(
    'points',
    'All points',
    table(
      'Time of the job at every point',
      [
        { title: 'Point' },
        { title: 'Ranks', numeric: true },
        { title: 'Data', numeric: true },
        ...repeatColumns,
        { title: 'Cost', numeric: true },
      ],
      points.map((point) => [
        html`${nameOf(point, points)}${point.rows.some(({ repeatedData }) => repeatedData) ? html`<small>repeated data</small>` : null}`,
        point.rows[0].measures.ranks,
        formatBytes(point.rows[0].measures.bytes),
        ...repeatCells(point.repeats('jobS'), seconds),
        formatUsd(point.repeats('usd').median),
      ]),
    ),
    html`<p class="note">The 95 % interval is one of the median: from six repeats on by order statistics, which assume nothing; with two to five by Student's t of the logarithms, which takes times for lognormal.</p>`,
  );
