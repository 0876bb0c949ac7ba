import cliProgress from 'cli-progress';
import { clock, count, figure, plural, usd } from '../terminal/quantities.js';
import type { Colours } from '../terminal/terminal.js';
import type { RunProgress } from './runProgress.js';
import type { RankCounts, RunStatus } from './runSnapshot.js';

const barWidth = 24;

/** The lines of the live display; they are as many at every look. */
export function progressLines(progress: RunProgress, colours: Colours): string[] {
  const { ranks } = progress;
  const title = `${colours.bold(progress.runId)}  ${stateWord(progress, colours)}  ${clock(progress.elapsedMs)}`;
  return [
    title,
    `  ${bar(progress.share)}  ${ranks ? rankWords(ranks, colours) : 'no rank has started yet'}`,
    `  ${rateWords(progress)}`,
  ];
}

/** One line that says the same, for logs. */
export function progressLine(progress: RunProgress): string {
  const { ranks } = progress;
  const parts = [
    `[${clock(progress.elapsedMs)}]`,
    progress.status === 'RUNNING' ? (progress.stateName ?? 'starting') : progress.status,
    ...(ranks ? [`${count(ranks.done)}/${plural(ranks.expected, 'rank')} done`] : []),
    ...(ranks && ranks.running > 0 ? [`${count(ranks.running)} running`] : []),
    ...(ranks && ranks.waiting > 0 ? [`${count(ranks.waiting)} waiting`] : []),
    ...(ranks && ranks.failed > 0 ? [`${count(ranks.failed)} failed`] : []),
    ...(ranks ? [rateWords(progress)] : []),
  ];
  return parts.join('  ');
}

const statusColours: Readonly<Record<RunStatus, 'cyan' | 'green' | 'red' | 'yellow'>> = {
  RUNNING: 'cyan',
  SUCCEEDED: 'green',
  FAILED: 'red',
  ABORTED: 'yellow',
};

/** A status in its colour. */
export const statusWord = (status: RunStatus, colours: Colours): string => colours[statusColours[status]](status);

function stateWord({ status, stateName }: RunProgress, colours: Colours): string {
  if (status === 'RUNNING') return colours.cyan(stateName ?? 'starting');
  return statusWord(status, colours);
}

function bar(share: number): string {
  return cliProgress.Format.BarFormat(share, {
    barsize: barWidth,
    barCompleteString: '█'.repeat(barWidth),
    barIncompleteString: '░'.repeat(barWidth),
    barGlue: '',
  });
}

function rankWords(ranks: RankCounts, colours: Colours): string {
  return [
    `${count(ranks.waiting)} waiting`,
    `${count(ranks.running)} running`,
    colours.green(`${count(ranks.done)} done`),
    ranks.failed > 0 ? colours.red(`${count(ranks.failed)} failed`) : '0 failed',
    `of ${plural(ranks.expected, 'rank')}`,
  ].join('  ');
}

/** Every figure has its place from the beginning; one that nobody can know yet is a dash. */
function rateWords({ status, samples, samplesPerSecond, etaMs, usd: dollars }: RunProgress): string {
  return [
    `${count(samples)} samples`,
    `${samplesPerSecond === undefined ? unknown : figure(samplesPerSecond)} samples/s`,
    ...(status === 'RUNNING' ? [`ETA ${etaMs === undefined ? unknown : timeLeft(etaMs)}`] : []),
    `${dollars === undefined ? unknown : usd(dollars)} so far (estimated)`,
  ].join('  ');
}

const unknown = '–';

/** Short runs are over within the second that a clock counts. */
const timeLeft = (etaMs: number): string => (etaMs < 10_000 ? `${(etaMs / 1000).toFixed(1)} s` : clock(etaMs));
