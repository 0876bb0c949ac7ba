import { stages } from '../../run/metrics.js';
import type { RankRow, RunSummary } from '../../run/summary.js';
import { drawActivity } from '../activityChart.js';
import { figure, legend, narrowWidth, picture, section, table, wideWidth } from '../figure.js';
import { formatBytes, formatCount, formatDuration, formatMemory } from '../format.js';
import { html, type SafeHtml } from '../html.js';
import { barColor, stageColor } from '../style.js';
import { activityOf, type BarKind, type RankTracks, type TimelineRow } from '../timeline.js';
import { drawTimeline, timelineHeight } from '../timelineChart.js';

/** Most ranks that get a row in the timeline each. */
const mostTimelineRows = 40;
/** Rows where there are more ranks than that: those that failed first, then the slowest. */
const chosenTimelineRows = 20;
/** Most rows of the table; the summary file has them all. */
const mostTableRows = 1000;

const barNames: Readonly<Record<BarKind, string>> = {
  waiting: 'waiting to start',
  failedAttempt: 'failed attempt',
  working: 'working',
  init: 'init',
  download: 'download',
  decode: 'decode',
  inference: 'inference',
  collectives: 'collectives',
  upload: 'upload',
};

/** Why each rank that did not deliver was given up. */
export function failedRanks({ ranks }: RunSummary): SafeHtml | undefined {
  if (ranks.failed.length === 0) return undefined;
  const shown = ranks.failed.slice(0, mostTableRows);
  return section(
    'failed-ranks',
    ranks.failed.length === 1 ? 'One rank failed' : `${formatCount(ranks.failed.length)} ranks failed`,
    table(
      `Ranks without a result${shown.length < ranks.failed.length ? `, the first ${formatCount(shown.length)}` : ''}`,
      [{ title: 'Rank', numeric: true }, { title: 'Attempts', numeric: true }, { title: 'Cause of the last one' }],
      shown.map(({ rank, attempts, cause }) => [rank, attempts, html`<span class="cause">${cause}</span>`]),
    ),
  );
}

/** When each rank did what. */
export function timeline(summary: RunSummary, tracks: RankTracks): SafeHtml | undefined {
  if (tracks.rows.length === 0) return undefined;
  const many = tracks.rows.length > mostTimelineRows;
  const rows = many ? chooseRows(tracks.rows, summary.rows) : tracks.rows;
  const kinds = new Set(rows.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  const height = timelineHeight(rows.length);
  const pictures = [
    legend(
      (['waiting', 'failedAttempt', 'working', ...stages] as const)
        .filter((kind) => kinds.has(kind))
        .map((kind) => ({ name: barNames[kind], color: barColor(kind) })),
    ),
    many ? activityPicture(tracks) : null,
    many
      ? html`<h3>${summary.ranks.failed.length > 0 ? 'Failed ranks, then the slowest' : 'The slowest ranks'}</h3>`
      : null,
    picture(
      (size) => drawTimeline(size, rows, tracks.totalMs, barColor),
      { width: wideWidth, height },
      { width: narrowWidth, height },
    ),
  ];
  return section(
    'timeline',
    'Timeline',
    html`<p class="lead">What each rank was doing, from the start of the run to its last rank's end.</p>`,
    figure({
      pictures,
      caption: captionOf(kinds),
      figures: rankTable(summary),
    }),
  );
}

function captionOf(kinds: ReadonlySet<BarKind>): string {
  const sentences = [
    kinds.has('inference')
      ? 'Stages overlap, because reading runs ahead of inference: where they do, inference shows, so download and decode show only where inference waits for them.'
      : '',
    kinds.has('failedAttempt') ? 'A failed attempt shows until the next one begins, the last one for a moment.' : '',
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function activityPicture(tracks: RankTracks): SafeHtml | null {
  if ([...tracks.segments.values()].every((track) => track.length === 0)) return null;
  return html`<h3>Ranks in each stage</h3>${picture(
    (size) => drawActivity(size, activityOf(tracks, size.width > narrowWidth ? 180 : 80), tracks.totalMs, stageColor),
    { width: wideWidth, height: 260 },
    { width: narrowWidth, height: 220 },
  )}`;
}

function chooseRows(rows: readonly TimelineRow[], ranks: readonly RankRow[]): TimelineRow[] {
  const timeOf = new Map(ranks.map(({ rank, startedAtMs, endedAtMs }) => [rank, endedAtMs - startedAtMs]));
  return [...rows]
    .sort(
      (left, right) =>
        Number(right.failed) - Number(left.failed) ||
        (timeOf.get(right.rank) ?? 0) - (timeOf.get(left.rank) ?? 0) ||
        left.rank - right.rank,
    )
    .slice(0, chosenTimelineRows);
}

function rankTable({ rows, startedAtMs }: RunSummary): SafeHtml {
  const slowestFirst = (left: RankRow, right: RankRow) =>
    right.endedAtMs - right.startedAtMs - (left.endedAtMs - left.startedAtMs) || left.rank - right.rank;
  const all = rows.length <= mostTableRows;
  const shown = all ? rows : [...rows].sort(slowestFirst).slice(0, mostTableRows);
  return table(
    all ? 'Every rank that delivered' : `The ${formatCount(mostTableRows)} slowest ranks; summary.json has every rank`,
    [
      { title: 'Rank', numeric: true },
      { title: 'Retries', numeric: true },
      { title: 'Start' },
      { title: 'Began after', numeric: true },
      { title: 'Time', numeric: true },
      ...stages.map((stage) => ({ title: barNames[stage], numeric: true })),
      { title: 'Samples', numeric: true },
      { title: 'Bytes', numeric: true },
      { title: 'CPU', numeric: true },
      { title: 'Peak memory', numeric: true },
    ],
    shown.map((row) => [
      row.rank,
      row.generation,
      row.coldStart ? 'cold' : 'warm',
      formatDuration(Math.max(0, row.startedAtMs - startedAtMs)),
      formatDuration(row.endedAtMs - row.startedAtMs),
      ...stages.map((stage) => formatDuration(row.stageMs[stage])),
      formatCount(row.samples),
      formatBytes(row.bytes),
      formatDuration(row.cpuTimeS * 1000),
      formatMemory(row.peakRssMb),
    ]),
  );
}
