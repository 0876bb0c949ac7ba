import cliProgress from 'cli-progress';
import { factorsWords } from '../../sweep/factors.js';
import { median } from '../../sweep/statistics.js';
import { type PlannedRun, runKey } from '../../sweep/sweepPlan.js';
import type { SweepRow } from '../../sweep/sweepRow.js';
import type { ProgressDisplay } from '../execution/progressDisplay.js';
import { progressLine } from '../execution/progressLines.js';
import type { RunProgress } from '../execution/runProgress.js';
import { LiveRegion } from '../terminal/liveRegion.js';
import { clock, count, duration, usd } from '../terminal/quantities.js';
import type { Terminal } from '../terminal/terminal.js';
import type { PointForecast } from './forecastSweep.js';

const barWidth = 24;

/** How far a sweep has come. */
export interface SweepStanding {
  readonly made: readonly SweepRow[];
  /** Not made yet, the one under way included. */
  readonly left: readonly PlannedRun[];
  readonly forecasts: readonly PointForecast[];
}

/**
 * Time that the runs that are left take: by the forecast, corrected by the median of what the runs that are made took for
 * what was forecast of them.
 */
export function remainingMs({ made, left, forecasts }: SweepStanding): number {
  const ratios = made
    .filter(({ status }) => status === 'SUCCEEDED')
    .map(({ point, startedAtMs, endedAtMs }) => (endedAtMs - startedAtMs) / (forecasts[point].wallS * 1000));
  const correction = ratios.length > 0 ? median(ratios) : 1;
  return left.reduce((sum, { point }) => sum + forecasts[point.index].wallS * 1000, 0) * correction;
}

/** The words beside the bar. */
export function standingWords(standing: SweepStanding, elapsedOfRunMs: number): string {
  const { made, left } = standing;
  const failed = made.filter(({ status }) => status !== 'SUCCEEDED').length;
  const spent = made.reduce((sum, row) => sum + row.usd, 0);
  return [
    `${count(made.length)}/${count(made.length + left.length)} runs`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    `${usd(spent)} spent`,
    ...(left.length > 0 ? [`ETA ${clock(Math.max(0, remainingMs(standing) - elapsedOfRunMs))}`] : []),
  ].join('  ');
}

/** Shows a sweep while it runs: two lines that are redrawn, or a line for every run where nothing can be redrawn. */
export class SweepProgress {
  readonly #terminal: Terminal;
  readonly #region: LiveRegion | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#region = terminal.interactive ? new LiveRegion(terminal.stderr) : undefined;
  }

  /** The display of one run. */
  of(planned: PlannedRun, standing: SweepStanding): ProgressDisplay {
    const name = `${runKey(planned)}  ${factorsWords(planned.point.factors)}`;
    if (!this.#region) this.#terminal.note(`${standingWords(standing, 0)}  now ${name}`);
    return {
      show: (progress) => this.#region?.draw(this.#lines(name, standing, progress)),
      end: () => undefined,
    };
  }

  ended({ key, factors, status, reason, startedAtMs, endedAtMs, usd: cost }: SweepRow): void {
    const took = `${duration(endedAtMs - startedAtMs)}  ${usd(cost)}`;
    const line =
      status === 'SUCCEEDED'
        ? `  ${key}  ${factorsWords(factors)}: ${took}`
        : `  ${key}  ${factorsWords(factors)}: ${status}  ${reason}`;
    if (this.#region) this.#region.printAbove(line);
    else this.#terminal.note(line);
  }

  stop(): void {
    this.#region?.clear();
  }

  #lines(name: string, standing: SweepStanding, progress: RunProgress): string[] {
    const { made, left } = standing;
    const bar = cliProgress.Format.BarFormat(made.length / Math.max(1, made.length + left.length), {
      barsize: barWidth,
      barCompleteString: '█'.repeat(barWidth),
      barIncompleteString: '░'.repeat(barWidth),
      barGlue: '',
    });
    return [`${bar}  ${standingWords(standing, progress.elapsedMs)}`, `  ${name}  ${progressLine(progress)}`];
  }
}
