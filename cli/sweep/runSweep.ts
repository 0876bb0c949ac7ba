import { groupsBut, measuredPoints } from '../../sweep/measuredPoint.js';
import type { Sweep } from '../../sweep/sweepFile.js';
import { type PlannedRun, plannedRuns, runKey, type SweepPoint } from '../../sweep/sweepPlan.js';
import type { SweepResult } from '../../sweep/sweepResult.js';
import type { SweepRow } from '../../sweep/sweepRow.js';
import type { Target } from '../cloud/target.js';
import type { Session } from '../session.js';
import type { ColdStarts } from './coldStarts.js';
import type { PointForecast } from './forecastSweep.js';
import { performPoint } from './performPoint.js';
import type { PointPayload } from './pointPayload.js';
import { SweepProgress } from './sweepProgress.js';
import type { SweepState } from './sweepState.js';

/** A point, ready to run. */
export interface ReadyPoint {
  readonly point: SweepPoint;
  readonly payload: PointPayload;
  readonly target: Target;
  readonly coldStarts: ColdStarts | undefined;
  readonly repeatedData: boolean;
  readonly forecast: PointForecast;
}

/** The runs that the state does not have yet, in their order. */
export function runsLeft(sweep: Pick<Sweep, 'vary' | 'repeats' | 'seed'>, rows: readonly SweepRow[]): PlannedRun[] {
  const made = new Set(rows.map(({ key }) => key));
  return plannedRuns(sweep).filter((run) => !made.has(runKey(run)));
}

export const spentUsd = (rows: readonly SweepRow[]): number => rows.reduce((sum, { usd }) => sum + usd, 0);

/** Makes the runs that are left, one after the other; every one is in the state when the next begins. */
export async function runSweep(
  session: Session,
  sweep: Sweep,
  points: readonly ReadyPoint[],
  state: SweepState,
): Promise<SweepResult['ended']> {
  const { interruption, terminal } = session;
  const { stop_after_usd: limitUsd = Number.POSITIVE_INFINITY } = sweep;
  const forecasts = points.map(({ forecast }) => forecast);
  const progress = new SweepProgress(terminal);
  try {
    for (;;) {
      const left = runsLeft(sweep, state.rows);
      const [planned] = left;
      if (planned === undefined) return 'complete';
      if (interruption.signal.aborted) return 'interrupted';
      if (spentUsd(state.rows) >= limitUsd) return 'stop_after_usd';
      const ready = points[planned.point.index];
      await ready.coldStarts?.force(ready.payload.parsed.memory_mb);
      const row = await performPoint(session, ready.target, {
        sweepName: sweep.name,
        planned,
        payload: ready.payload.written,
        resultPath: ready.payload.parsed.result_path,
        forecast: ready.forecast,
        repeatedData: ready.repeatedData,
        rankMs: expectedRankMs(planned.point, state.rows, ready.forecast),
        seed: sweep.seed,
        display: progress.of(planned, { made: state.rows, left, forecasts }),
      });
      await state.add(row);
      progress.ended(row);
    }
  } catch (error) {
    if (interruption.signal.aborted) return 'interrupted';
    throw error;
  } finally {
    progress.stop();
  }
}

/** What a rank takes undisturbed: by the runs of the sweep in which nobody was killed, else by the forecast. */
function expectedRankMs({ factors }: SweepPoint, rows: readonly SweepRow[], { rankS }: PointForecast): number {
  const undisturbed = measuredPoints(rows).filter((point) => !point.factors.failure_rate);
  const like = undisturbed.find((point) => groupsBut([point, { factors }], ['failure_rate']).length === 1);
  return (like ? like.repeats('containerS').median : rankS) * 1000;
}
