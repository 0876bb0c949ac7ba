import type { Architecture } from '../../cost/prices.js';
import { defaultPriceTable } from '../../cost/prices.js';
import { runningCostUsd } from '../../cost/runningCost.js';
import type { ResultsSoFar } from './resultsProbe.js';
import type { RankCounts, RunSnapshot, RunStatus } from './runSnapshot.js';

/** What the display of a running run shows. */
export interface RunProgress {
  readonly runId: string;
  readonly status: RunStatus;
  readonly stateName: string | undefined;
  readonly elapsedMs: number;
  readonly ranks: RankCounts | undefined;
  /** Samples of the ranks that are through. */
  readonly samples: number;
  /** Over the time since the ranks began to start. */
  readonly samplesPerSecond: number | undefined;
  /** Until the last rank is through; undefined while nobody can know. */
  readonly etaMs: number | undefined;
  /** Of the ranks, so far. */
  readonly usd: number | undefined;
}

/** What an executor's seconds cost. */
export interface ExecutorSize {
  readonly memoryMb: number;
  readonly architecture: Architecture;
  readonly region: string;
}

/** Works the display's figures out of one look at a run; pure. */
export function runProgress(
  snapshot: RunSnapshot,
  results: ResultsSoFar,
  size: ExecutorSize | undefined,
  nowMs: number,
): RunProgress {
  const samples = results.delivered.reduce((sum, rank) => sum + rank.samples, 0);
  const mapMs = (snapshot.mapEndedAtMs ?? nowMs) - (snapshot.mapStartedAtMs ?? nowMs);
  return {
    runId: snapshot.runId,
    status: snapshot.status,
    stateName: snapshot.stateName,
    elapsedMs: Math.max(0, (snapshot.endedAtMs ?? nowMs) - snapshot.startedAtMs),
    ranks: snapshot.ranks && upToDate(snapshot.ranks, results.delivered.length),
    samples,
    samplesPerSecond: samples > 0 && mapMs > 0 ? (samples * 1000) / mapMs : undefined,
    etaMs: remainingMs(snapshot, results, nowMs),
    usd:
      size && results.started.length > 0
        ? runningCostUsd({ ranks: results.started, nowMs, ...size, pricesTable: defaultPriceTable })
        : undefined,
  };
}

/** The counts are looked at before the results; ranks that delivered in between are done. */
function upToDate({ expected, waiting, running, done, failed }: RankCounts, delivered: number): RankCounts {
  const late = Math.max(0, delivered - done);
  const fromRunning = Math.min(late, running);
  const fromWaiting = Math.min(late - fromRunning, waiting);
  return {
    expected,
    waiting: waiting - fromWaiting,
    running: running - fromRunning,
    done: done + fromRunning + fromWaiting,
    failed,
  };
}

/**
 * Time until the last rank is through, when ranks take as long as those that are through took on average: the rest of
 * the running ones, then the waiting ones in waves as wide as the map allows.
 */
function remainingMs(
  { ranks }: RunSnapshot,
  { delivered, started, plan }: ResultsSoFar,
  nowMs: number,
): number | undefined {
  if (!ranks || !plan || delivered.length === 0 || ranks.waiting + ranks.running === 0) return undefined;
  const averageMs = delivered.reduce((sum, rank) => sum + rank.endedAtMs - rank.startedAtMs, 0) / delivered.length;
  const restsMs = started
    .filter(({ endedAtMs }) => endedAtMs === undefined)
    .map(({ startedAtMs }) => averageMs - Math.max(0, nowMs - startedAtMs));
  const waves = Math.ceil(ranks.waiting / Math.min(plan.maxConcurrency, ranks.expected));
  return Math.max(0, ...restsMs) + waves * averageMs;
}
