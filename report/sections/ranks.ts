import { stages } from '../../run/metrics.js';
import type { RankRow, RunSummary } from '../../run/summary.js';
import { drawActivity } from '../activityChart.js';
import type { ChartSize } from '../chart.js';
import { figure, type LegendEntry, legend, narrowWidth, picture, section, table, wideWidth } from '../figure.js';
import { formatBytes, formatCount, formatDuration, formatMemory } from '../format.js';
import { html, type SafeHtml } from '../html.js';
import { barColor, stageColor } from '../style.js';
import { activityOf, type BarKind, type RankTracks, type TimelineRow } from '../timeline.js';
import { drawTimeline, timelineHeight } from '../timelineChart.js';
import { mostTableRows } from './limits.js';

/** Most ranks that get a row in the timeline each. */
const mostTimelineRows = 40;
/** Rows where there are more ranks than that: those that failed first, some that were retried, then the slowest. */
const chosenTimelineRows = 20;
const mostRetriedRows = 6;

const barNames: Readonly<Record<BarKind, string>> = {
  waiting: 'queued',
  failedAttempt: 'failed attempt',
  working: 'working',
  init: 'cold start',
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
  const many = hasActivity(tracks);
  const rows = timelineRows(summary, tracks);
  const kinds = new Set(rows.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  const height = timelineHeight(rows.length);
  const pictures = [
    legend(barLegend(rows)),
    activityPicture(tracks),
    many ? html`<h3>${chosenTitle(rows)}</h3>` : null,
    picture(
      (size) => drawTimeline(size, rows, tracks.totalMs, barColor),
      { width: wideWidth, height },
      { width: narrowWidth, height },
    ),
  ];
  return section(
    'timeline',
    'Timeline',
    html`<p class="lead">What each rank was doing, from the start of the run to its last rank's end.${queueSentence(tracks)}</p>`,
    figure({
      pictures,
      caption: captionOf(kinds),
      figures: rankTable(summary),
    }),
  );
}

/** How long ranks were queued before their first attempt began. */
export function queueSentence({ rows }: RankTracks): string {
  const queued = rows.flatMap(({ rank, bars }) =>
    bars.filter(({ kind }) => kind === 'waiting').map(({ endMs }) => ({ rank, ms: endMs })),
  );
  if (queued.length === 0) return '';
  const longest = queued.reduce((left, right) => (right.ms > left.ms ? right : left));
  const meanMs = queued.reduce((sum, { ms }) => sum + ms, 0) / queued.length;
  return ` Ranks were queued ${formatDuration(meanMs)} on average, ${formatDuration(longest.ms)} at most (rank ${longest.rank}).`;
}

function captionOf(kinds: ReadonlySet<BarKind>): string {
  const sentences = [
    kinds.has('init') ? 'Cold start: a new process until its handler begins, and loading the model.' : '',
    kinds.has('inference')
      ? 'Stages overlap, because reading runs ahead of inference: where they do, inference shows, so download and decode show only where inference waits for them.'
      : '',
    kinds.has('failedAttempt') ? 'A failed attempt shows until the next one begins, the last one for a moment.' : '',
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** The stages of all ranks together; undefined where each rank has a row or where nothing is known of stages. */
export function drawRanksInStages(tracks: RankTracks, size: ChartSize): SafeHtml | undefined {
  if (!hasActivity(tracks) || !knowsStages(tracks)) return undefined;
  return drawActivity(size, activityOf(tracks, size.width > narrowWidth ? 180 : 80), tracks.totalMs, stageColor);
}

const knowsStages = ({ segments }: RankTracks): boolean => [...segments.values()].some((track) => track.length > 0);

function activityPicture(tracks: RankTracks): SafeHtml | null {
  if (!hasActivity(tracks) || !knowsStages(tracks)) return null;
  return html`<h3>Ranks in each stage</h3>${picture(
    (size) => drawRanksInStages(tracks, size) ?? html``,
    { width: wideWidth, height: 260 },
    { width: narrowWidth, height: 220 },
  )}`;
}

/** Whether there are so many ranks that the stages of all of them are drawn together. */
export const hasActivity = (tracks: RankTracks): boolean => tracks.rows.length > mostTimelineRows;

/** The ranks that get a row: all, or those that failed first, then the slowest. */
export const timelineRows = (summary: RunSummary, tracks: RankTracks): readonly TimelineRow[] =>
  hasActivity(tracks) ? chooseRows(tracks.rows, summary.rows) : tracks.rows;

/** Which kinds of bars are drawn, in the order of a legend. */
export function barLegend(rows: readonly TimelineRow[]): LegendEntry[] {
  const kinds = new Set(rows.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  return (['waiting', 'failedAttempt', 'working', ...stages] as const)
    .filter((kind) => kinds.has(kind))
    .map((kind) => ({ name: barNames[kind], color: barColor(kind) }));
}

function chosenTitle(rows: readonly TimelineRow[]): string {
  const first = [
    rows.some(({ failed }) => failed) ? 'failed' : [],
    rows.some(({ failed, bars }) => !failed && bars.some(({ kind }) => kind === 'failedAttempt')) ? 'retried' : [],
  ].flat();
  if (first.length === 0) return 'The slowest ranks';
  const names = first.join(' and ');
  return `${names[0].toUpperCase()}${names.slice(1)} ranks, then the slowest`;
}

function chooseRows(rows: readonly TimelineRow[], ranks: readonly RankRow[]): TimelineRow[] {
  const timeOf = new Map(ranks.map(({ rank, startedAtMs, endedAtMs }) => [rank, endedAtMs - startedAtMs]));
  const bySlowness = [...rows].sort(
    (left, right) => (timeOf.get(right.rank) ?? 0) - (timeOf.get(left.rank) ?? 0) || left.rank - right.rank,
  );
  const wasRetried = ({ failed, bars }: TimelineRow) => !failed && bars.some(({ kind }) => kind === 'failedAttempt');
  const failed = bySlowness.filter((row) => row.failed);
  const retried = bySlowness.filter(wasRetried).slice(0, mostRetriedRows);
  return [...new Set([...failed, ...retried, ...bySlowness])].slice(0, chosenTimelineRows);
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
      { title: 'Handler began after', numeric: true },
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
