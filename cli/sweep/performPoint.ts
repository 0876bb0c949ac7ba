import { setTimeout as wait } from 'node:timers/promises';
import type { RunSummary } from '../../run/summary.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { measuresOf } from '../../sweep/measures.js';
import { type PlannedRun, runKey } from '../../sweep/sweepPlan.js';
import type { SweepRow } from '../../sweep/sweepRow.js';
import type { Target } from '../cloud/target.js';
import { executorSize } from '../execution/executorSize.js';
import { followRun } from '../execution/followRun.js';
import { loadSummary } from '../execution/loadSummary.js';
import { pollIntervalMs } from '../execution/pollInterval.js';
import type { ProgressDisplay } from '../execution/progressDisplay.js';
import { ResultsProbe } from '../execution/resultsProbe.js';
import { RunObserver } from '../execution/runObserver.js';
import type { RunSnapshot } from '../execution/runSnapshot.js';
import { makeRunName, startRun } from '../execution/startRun.js';
import { stopRun } from '../execution/stopRun.js';
import type { Session } from '../session.js';
import { chooseVictims, killExecutors } from './executorKiller.js';
import type { PointForecast } from './forecastSweep.js';

export interface PointRun {
  readonly sweepName: string;
  readonly planned: PlannedRun;
  /** As it is sent, but for `result_path`, which gets the name of the run. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly resultPath: string;
  readonly forecast: PointForecast;
  readonly repeatedData: boolean;
  /** What a rank is expected to take, where executors are to be killed. */
  readonly rankMs: number;
  readonly seed: number;
  readonly display: ProgressDisplay;
}

/**
 * Makes one run and says what came of it. Ctrl-C stops the run and rejects; the run is then made again by the next command.
 */
export async function performPoint(session: Session, target: Target, run: PointRun): Promise<SweepRow> {
  const { clients, kind, region, lost } = target;
  const { planned } = run;
  const key = runKey(planned);
  const name = `${run.sweepName}-${key}-${makeRunName(new Date()).replace(/^muster-/, '')}`;
  const payload = { ...run.payload, result_path: `${run.resultPath}/${name}` };
  const { executionArn } = await startRun(clients.sfn, await target.stateMachineArn(), payload, name);
  const observer = new RunObserver(clients.sfn, executionArn);
  const ended = new AbortController();
  const signal = session.interruption.or(lost);
  const pollMs = pollIntervalMs[kind];
  const killing = killDuring(run, target, new RunObserver(clients.sfn, executionArn), ended.signal, pollMs);
  // A fault of the killer surfaces below; until then it must not count as unhandled.
  killing.catch(() => undefined);
  let snapshot: RunSnapshot;
  try {
    snapshot = await followRun({
      observer,
      probe: new ResultsProbe(clients.s3),
      display: run.display,
      sizeOf: (work) => executorSize(clients.lambda, work, region),
      pollMs,
      signal,
    });
  } catch (error) {
    if (session.interruption.signal.aborted)
      await stopRun(clients, executionArn, { cause: 'Stopped by Ctrl-C in muster sweep.', pollMs });
    throw error;
  } finally {
    ended.abort();
  }
  const summary = await loadSummary(new ObjectStore(clients.s3), snapshot);
  return rowOf(run, key, snapshot, summary, await killing);
}

async function killDuring(
  { planned, rankMs, seed }: PointRun,
  { clients }: Target,
  observer: RunObserver,
  signal: AbortSignal,
  pollMs: number,
): Promise<number> {
  const rate = Number(planned.point.factors.failure_rate ?? 0);
  if (rate === 0) return 0;
  const address = await plannedAddress(observer, signal, pollMs);
  if (!address) return 0;
  const victims = chooseVictims(address.worldSize, rate, drawOf(seed, planned));
  const store = new ObjectStore(clients.s3);
  return killExecutors({ lambda: clients.lambda, store, address, rankMs, victims, pollMs, signal });
}

/** Where the run writes, once it has a plan; undefined when it ended without. */
async function plannedAddress(observer: RunObserver, signal: AbortSignal, pollMs: number) {
  while (!signal.aborted) {
    const { address } = await observer.observe();
    if (address) return address;
    await wait(pollMs);
  }
  return undefined;
}

/** A number from 0 to 1 for each run of a sweep. */
function drawOf(seed: number, { point, repeat }: PlannedRun): number {
  return ((seed + 1) * 0.618_033_988_749 + point.index * 0.754_877_666 + repeat * 0.569_840_29) % 1;
}

function rowOf(
  { planned, forecast, repeatedData }: PointRun,
  key: string,
  snapshot: RunSnapshot,
  summary: RunSummary | undefined,
  killed: number,
): SweepRow {
  const endedAtMs = snapshot.endedAtMs ?? Date.now();
  const base = {
    key,
    point: planned.point.index,
    repeat: planned.repeat,
    factors: { ...planned.point.factors },
    runId: snapshot.runId,
    startedAtMs: snapshot.startedAtMs,
    endedAtMs,
    usd: summary?.bill.totalUsd ?? forecast.usd,
    usdBasis: summary ? (summary.bill.measured ? 'measured' : 'in part estimated') : 'forecast',
    repeatedData,
    killed,
  } as const;
  const measures = summary && measuresOf(summary, { startedAtMs: snapshot.startedAtMs, endedAtMs });
  const outcome = outcomeOf(snapshot, summary, measures !== undefined);
  return { ...base, ...outcome, measures: outcome.status === 'SUCCEEDED' ? (measures ?? null) : null };
}

/** What Step Functions says, and why the run is no figure. */
function outcomeOf(
  { status, fault }: RunSnapshot,
  summary: RunSummary | undefined,
  measured: boolean,
): Pick<SweepRow, 'status' | 'reason'> {
  const lost = summary?.ranks.failed ?? [];
  const causes = lost.slice(0, 3).map(({ rank, cause }) => `rank ${rank}: ${cause}`);
  if (status === 'SUCCEEDED' && lost.length === 0 && measured) return { status, reason: null };
  if (status === 'SUCCEEDED')
    return {
      status: 'LOST',
      reason:
        lost.length > 0 ? `${lost.length} ranks did not deliver; ${causes.join('; ')}` : 'there is no summary of it',
    };
  const said = fault ? `${fault.name}: ${fault.message}` : 'Step Functions gave no cause';
  return { status: status === 'ABORTED' ? 'ABORTED' : 'FAILED', reason: said };
}
