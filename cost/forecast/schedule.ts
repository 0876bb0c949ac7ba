import type { ForecastConstants } from './constants.js';
import { MinHeap } from './minHeap.js';

/** When a rank runs, in seconds from the start of the map. */
export interface ScheduledRank {
  readonly startS: number;
  readonly endS: number;
  /** Whether its executor's process had to be started for it. */
  readonly cold: boolean;
}

export interface Schedule {
  readonly ranks: readonly ScheduledRank[];
  /** When the last executor that is needed has been started. */
  readonly rampS: number;
  /** When the last rank is through. */
  readonly endS: number;
}

/**
 * Runs ranks in their order on as many executors as may be alive at once. Executors come at Lambda's rate, a thousand in
 * every ten seconds, and one that is free again takes the next rank without a new start.
 *
 * @param durationsS - Time of each rank without the start of a process.
 */
export function scheduleRanks(
  durationsS: readonly number[],
  concurrency: number,
  { newExecutorsPerTenS, coldStartS }: ForecastConstants,
): Schedule {
  /** Times at which warm executors are free. */
  const free = new MinHeap();
  const ranks: ScheduledRank[] = [];
  let started = 0;
  let rampS = 0;
  for (const durationS of durationsS) {
    const nextS = rampTimeS(started, newExecutorsPerTenS.value);
    const freeS = free.min;
    const warm = freeS !== undefined && (started >= concurrency || freeS <= nextS);
    if (warm) free.removeMin();
    else started++;
    const startS = warm ? freeS : nextS;
    const endS = startS + (warm ? 0 : coldStartS.value) + durationS;
    if (!warm) rampS = startS;
    free.add(endS);
    ranks.push({ startS, endS, cold: !warm });
  }
  return { ranks, rampS, endS: ranks.reduce((latest, { endS }) => Math.max(latest, endS), 0) };
}

/** How ranks meet. */
export interface Meeting {
  /** What their collectives take once all have come. */
  readonly collectivesS: number;
  /** What their messages cost, where those are objects. */
  readonly requestsUsd: number;
  /** Whether all wait for each other before their work, too. */
  readonly barrier: boolean;
}

/**
 * Runs ranks that meet at the end of their work. Nobody can leave before the last has come, so each needs an executor of
 * its own, and those who come first wait, and are paid for it, until the ramp is over.
 *
 * @param durationsS - Time of each rank without the start of a process and without its collectives.
 */
export function scheduleMeeting(
  durationsS: readonly number[],
  { collectivesS, barrier }: Pick<Meeting, 'collectivesS' | 'barrier'>,
  { newExecutorsPerTenS, coldStartS }: ForecastConstants,
): Schedule {
  const startsS = durationsS.map((_, rank) => rampTimeS(rank, newExecutorsPerTenS.value));
  const rampS = startsS[startsS.length - 1] ?? 0;
  const beginsS = startsS.map((startS) => (barrier ? rampS : startS) + coldStartS.value);
  const lastS = beginsS.reduce((latest, beginS, rank) => Math.max(latest, beginS + durationsS[rank]), 0);
  const endS = lastS + collectivesS;
  return { ranks: startsS.map((startS) => ({ startS, endS, cold: true })), rampS, endS };
}

/** When Lambda starts the next executor, so many having been started: at the beginning of every ten seconds as many as it does. */
const rampTimeS = (started: number, perTenS: number): number => Math.floor(started / perTenS) * 10;
