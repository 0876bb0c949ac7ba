import type { Architecture } from '../../cost/prices.js';
import { defaultPriceTable } from '../../cost/prices.js';
import { runningCostUsd } from '../../cost/runningCost.js';
import type { DeliveredRank, RankUnderWay, ResultsSoFar } from './resultsProbe.js';
import type { RankCounts, RunSnapshot, RunStatus } from './runSnapshot.js';

/** What the display of a running run shows. */
export interface RunProgress {
  readonly runId: string;
  readonly status: RunStatus;
  readonly stateName: string | undefined;
  readonly elapsedMs: number;
  readonly ranks: RankCounts | undefined;
  /** Share of the work that is done, from 0 to 1: of the bytes whose predictions are written, or of the ranks. */
  readonly share: number;
  /** Samples whose predictions are written. */
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
  const samples = sum(results.delivered, (rank) => rank.samples) + sum(results.underWay, (rank) => rank.work?.samples);
  const started = [...results.delivered, ...results.underWay];
  const mapMs = (snapshot.mapEndedAtMs ?? nowMs) - (snapshot.mapStartedAtMs ?? nowMs);
  return {
    runId: snapshot.runId,
    status: snapshot.status,
    stateName: snapshot.stateName,
    elapsedMs: Math.max(0, (snapshot.endedAtMs ?? nowMs) - snapshot.startedAtMs),
    ranks: snapshot.ranks && upToDate(snapshot.ranks, results.delivered.length),
    share: doneShare(snapshot, results),
    samples,
    samplesPerSecond: samples > 0 && mapMs > 0 ? (samples * 1000) / mapMs : undefined,
    etaMs: remainingMs(snapshot, results, nowMs),
    usd:
      size && started.length > 0
        ? runningCostUsd({ ranks: started, nowMs, ...size, pricesTable: defaultPriceTable })
        : undefined,
  };
}

function sum<T>(items: readonly T[], amountOf: (item: T) => number | undefined): number {
  return items.reduce((total, item) => total + (amountOf(item) ?? 0), 0);
}

function doneShare({ ranks }: RunSnapshot, { plan, delivered, underWay }: ResultsSoFar): number {
  if (!ranks || ranks.expected === 0) return 0;
  const shareOfRanks = Math.max(ranks.done, delivered.length) / ranks.expected + ranks.failed / ranks.expected;
  if (!plan || plan.totalBytes === 0) return Math.min(1, shareOfRanks);
  const doneBytes = sum(delivered, (rank) => rank.bytes) + sum(underWay, (rank) => rank.work?.finishedBytes);
  return Math.min(1, Math.max(shareOfRanks, doneBytes / plan.totalBytes));
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
 * Time until the last rank is through: the rest of the running ones, then the waiting ones in waves as wide as the map
 * allows. A rank goes on at its own pace, or while it has finished nothing at the pace of all that have.
 */
function remainingMs({ ranks }: RunSnapshot, results: ResultsSoFar, nowMs: number): number | undefined {
  const { plan, delivered, underWay } = results;
  if (!ranks || !plan || ranks.waiting + ranks.running === 0) return undefined;
  const meanBytes = plan.totalBytes / plan.worldSize;
  const expectedMs = typicalDuration(delivered, underWay);
  if (!expectedMs) return undefined;
  const restsMs = underWay.map((rank) => {
    const plannedBytes = rank.work?.plannedBytes ?? meanBytes;
    const passed = finishedStretch(rank);
    const totalMs = passed ? (passed.durationMs * plannedBytes) / passed.bytes : expectedMs(plannedBytes);
    return totalMs - Math.max(0, nowMs - rank.startedAtMs);
  });
  const waves = Math.ceil(ranks.waiting / Math.min(plan.maxConcurrency, ranks.expected));
  return Math.max(0, ...restsMs) + waves * expectedMs(meanBytes);
}

/** Work that has been seen done, with the time that it took. */
interface Stretch {
  readonly durationMs: number;
  readonly bytes: number;
}

function finishedStretch({ startedAtMs, work }: RankUnderWay): Stretch | undefined {
  if (work?.lastFinishedAtMs === undefined || work.finishedBytes === 0) return undefined;
  return { durationMs: work.lastFinishedAtMs - startedAtMs, bytes: work.finishedBytes };
}

/** How long a rank takes for so many bytes, as far as the run has shown it; ranks without data take as long as others. */
function typicalDuration(
  delivered: readonly DeliveredRank[],
  underWay: readonly RankUnderWay[],
): ((bytes: number) => number) | undefined {
  const whole = delivered.map(({ startedAtMs, endedAtMs, bytes }) => ({ durationMs: endedAtMs - startedAtMs, bytes }));
  const seen = [...whole, ...underWay.flatMap((rank) => finishedStretch(rank) ?? [])];
  const seenBytes = sum(seen, ({ bytes }) => bytes);
  const seenMs = sum(seen, ({ durationMs }) => durationMs);
  if (seenBytes > 0) return (bytes) => (seenMs / seenBytes) * bytes;
  return whole.length > 0 ? () => seenMs / whole.length : undefined;
}
