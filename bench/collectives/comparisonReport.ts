import { operationNames } from '../../cli/bench/operations.js';
import type { PlotSubject } from './comparisonPlot.js';
import type { ComparedRow, ComparisonRecord, Session } from './comparisonRecord.js';
import { busTable, osuTable, sizeText, timeTable } from './comparisonTable.js';
import { contenderNames } from './contenders.js';
import { type GoalOutcome, goalOutcomes } from './goals.js';

/** A plot and its file beside the documents. */
export interface Plot extends PlotSubject {
  readonly file: string;
}

/** The number of ranks that the goals and the plots are about. */
const plottedRanks = 4;

/** The plots that can be made of these rows. */
export function plotsOf(rows: readonly ComparedRow[]): Plot[] {
  const subjects: readonly PlotSubject[] = [
    { operation: 'allreduce', ranks: plottedRanks, what: 'time' },
    { operation: 'bcast', ranks: plottedRanks, what: 'time' },
    { operation: 'allreduce', ranks: plottedRanks, what: 'busBandwidth' },
  ];
  return subjects
    .filter(({ operation, ranks }) => rows.some((row) => row.operation === operation && row.ranks === ranks))
    .map((subject) => {
      const suffix = subject.what === 'time' ? '' : '-bus';
      return { ...subject, file: `images/collectives-${subject.operation}-${subject.ranks}${suffix}.svg` };
    });
}

/** The part of docs/collectives.md that is written from a measurement. */
export function comparisonReport(record: ComparisonRecord): string {
  const rows = inOrder(record.rows);
  const outcomes = goalOutcomes(rows);
  return [
    howMeasured(record),
    ...plotsOf(rows).map(({ operation, ranks, what, file }) => {
      const shown = what === 'time' ? 'mean time of a rank' : 'bus bandwidth';
      return `![${operation}, ${ranks} ranks: ${shown}](${file})`;
    }),
    '### Goals',
    outcomes.length === 0 ? 'No case that a goal is about has been measured.' : goalTable(outcomes),
    `### Times of ${plottedRanks} ranks, and of pairs`,
    'Mean time of a rank; in brackets, the median over the rounds of its ratio to the time of OpenMPI.',
    timeTable(rows.filter(({ operation, ranks }) => ranks === plottedRanks || isOfPair(operation))),
    'All numbers of ranks, in OSU form and as bus bandwidths: [Collectives, measured](collectives-measured.md).',
  ].join('\n\n');
}

/** The whole of docs/collectives-measured.md. */
export function measuredDocument(record: ComparisonRecord): string {
  const rows = inOrder(record.rows);
  const worlds = [...new Set(rows.map(({ ranks }) => ranks))].sort((a, b) => a - b);
  const sections = worlds.flatMap((ranks) => {
    const own = rows.filter((row) => row.ranks === ranks);
    const bus = busTable(own);
    return [
      `## ${ranks} ranks`,
      'Mean / least / most over the ranks, microseconds:',
      osuTable(own),
      ...(bus === undefined ? [] : ['Bus bandwidth, MB/s:', bus]),
    ];
  });
  const intro =
    'Written by `bench/collectives/document.ts`; what it says is in [Collectives](collectives.md#measured).';
  return [
    '# Collectives, measured',
    intro,
    howMeasured(record),
    ...sections,
    '## Not measured',
    leftOutList(record),
  ].join('\n\n');
}

function howMeasured({ rounds, sessions, cases, plannedCases }: ComparisonRecord): string {
  const last = sessions.at(-1);
  if (!last) return 'No session has ended yet.';
  const minutes = sessions.reduce((sum, session) => sum + session.minutes, 0);
  const loads = sessions.flatMap(({ loadBefore, loadAfter }) => [loadBefore, loadAfter]);
  const machine = `${last.cores} cores (${last.cpu}), ${[`Node ${last.node}`, ...last.others].join(', ')}`;
  const extent =
    cases.length >= plannedCases
      ? `all ${plannedCases} cases`
      : `${cases.length} of ${plannedCases} cases; the last command goes on with the others`;
  return [
    `Measured on ${[...new Set(sessions.map(({ date }) => date.slice(0, 10)))].join(', ')} by`,
    '',
    '```sh',
    ...new Set(sessions.map(({ command }) => command)),
    '```',
    '',
    `in ${sessions.length === 1 ? 'one call' : `${sessions.length} calls`} that took ${minutes.toFixed(1)} minutes: ${extent}. The machine had ${machine};`,
    `its load average was ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} at the beginning and the end of the calls. ${loadRemark(sessions)}`,
    `Each figure is that of the round with the median time of ${rounds}, in which the contenders took turns; slow ones took part in the`,
    'first only. In a round each took about as long again to warm up, which compilers need, as it was timed for. OpenMPI polls',
    'while it waits, and so do the ranks of `direct`; with more ranks than cores they give way to each other. `direct-plain` is',
    '`direct` as it is where koffi is not installed: its ranks sleep while they wait.',
  ].join('\n');
}

/** Ranks keep the machine busy themselves, but none of them before they start. */
function loadRemark(sessions: readonly Session[]): string {
  const countOf = (some: readonly Session[]) => some.reduce((sum, { cases }) => sum + cases, 0);
  const busy = sessions.filter(({ cores, loadBefore }) => loadBefore > cores / 2);
  if (busy.length === 0) return 'Nothing else ran.';
  return (
    `**The machine was not at rest when the calls began that measured ${countOf(busy)} of the ${countOf(sessions)} cases**: ` +
    'their times may be too high and scatter widely; only ratios within a case mean something.'
  );
}

function goalTable(outcomes: readonly GoalOutcome[]): string {
  const met = outcomes.filter(({ isMet }) => isMet).length;
  return [
    `${met} of ${outcomes.length} are met.`,
    '',
    '| goal: time of one over that of the other | size | wanted | measured | |',
    '| --- | ---: | ---: | ---: | --- |',
    ...outcomes.map(
      ({ goal, bytes, ratio, isMet }) =>
        `| ${goal.operation}, ${goal.ranks} ranks, ${goal.of} over ${goal.over} | ${sizeText(bytes)} | <= ${goal.atMost} | ${ratio.toFixed(2)} | ${isMet ? 'met' : '**missed**'} |`,
    ),
  ].join('\n');
}

function leftOutList({ cases }: ComparisonRecord): string {
  const lines = cases.flatMap(({ operation, ranks, bytes, leftOut }) =>
    leftOut
      .filter(({ reason }) => reason !== 'it does not have this')
      .map(
        ({ contender, reason }) =>
          `- ${operation} of ${sizeText(bytes)} among ${ranks} ranks by ${contender}: ${reason}`,
      ),
  );
  return lines.length === 0 ? 'Nothing was left out.' : lines.join('\n');
}

const isOfPair = (operation: string) => operation === 'latency' || operation === 'bandwidth';

/** By ranks, operation and size, whatever the order in which they were measured. */
function inOrder(rows: readonly ComparedRow[]): ComparedRow[] {
  const place = ({ operation }: ComparedRow) => operationNames.indexOf(operation);
  const column = ({ channel }: ComparedRow) => contenderNames.indexOf(channel);
  return [...rows].sort(
    (a, b) => a.ranks - b.ranks || place(a) - place(b) || a.bytes - b.bytes || column(a) - column(b),
  );
}
