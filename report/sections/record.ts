import type { Payload } from '../../run/payload.js';
import type { RunSummary } from '../../run/summary.js';
import { section, table } from '../figure.js';
import { formatCount } from '../format.js';
import { html, type SafeHtml } from '../html.js';

/** Most failed collectives that are listed. */
const mostListed = 100;

/** How the ranks talked to each other, and whether they agree with the aggregator. */
export function collectives({ collectives: summary }: RunSummary): SafeHtml {
  const verdicts = new Map([
    [true, 'The statistics that the ranks reduced among themselves equal those recomputed from their files.'],
    [false, 'The statistics that the ranks reduced among themselves DIFFER from those recomputed from their files.'],
  ]);
  const listed = summary.failed.slice(0, mostListed);
  return section(
    'collectives',
    'Collectives',
    html`<dl class="facts"><dt>Channel</dt><dd>${summary.channel}</dd><dt>Why</dt><dd>${summary.reason}</dd><dt>Outcome</dt><dd>${summary.status}</dd></dl>`,
    summary.agrees === null
      ? null
      : html`<p class="note ${summary.agrees ? '' : 'failed'}">${verdicts.get(summary.agrees)}</p>`,
    listed.length === 0
      ? null
      : table(
          `Ranks whose collectives failed (${formatCount(summary.failed.length)}); their predictions are complete`,
          [{ title: 'Rank', numeric: true }, { title: 'Cause' }],
          listed.map(({ rank, cause }) => [rank, html`<span class="cause">${cause}</span>`]),
        ),
  );
}

const notRecorded = html`<p class="lead">Not recorded.</p>`;

/** What was asked for, where the results lie, and what made them. */
export function record(
  { files }: RunSummary,
  payload: Payload | undefined,
  versions: Readonly<Record<string, string>>,
): SafeHtml[] {
  const places: [string, string][] = [
    ['Metrics of every rank', files.combinedData],
    ['Summary', files.summary],
    ['This report', files.report],
    [
      'Predictions',
      `${formatCount(files.predictions.length)} files${files.predictions.length > 0 ? ', the first:' : ''}`,
    ],
  ];
  return [
    section(
      'files',
      'Files',
      html`<dl class="facts">${places.map(([name, place]) => html`<dt>${name}</dt><dd>${place}</dd>`)}${files.predictions
        .slice(0, 3)
        .map((uri) => html`<dt></dt><dd>${uri}</dd>`)}</dl>`,
    ),
    section(
      'payload',
      'Payload',
      payload === undefined ? notRecorded : html`<pre tabindex="0">${JSON.stringify(payload, null, 2)}</pre>`,
    ),
    section(
      'versions',
      'Versions',
      Object.keys(versions).length === 0
        ? notRecorded
        : html`<dl class="facts">${Object.entries(versions).map(
            ([name, version]) => html`<dt>${name}</dt><dd>${version}</dd>`,
          )}</dl>`,
    ),
  ];
}
