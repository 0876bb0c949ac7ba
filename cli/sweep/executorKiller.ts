import { setTimeout as wait } from 'node:timers/promises';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { randomLcg } from 'd3-random';
import { attemptsKey } from '../../run/keys.js';
import { attemptsSchema } from '../../run/metrics.js';
import type { ObjectStore } from '../../storage/objectStore.js';
import { shuffled } from '../../sweep/sweepPlan.js';
import type { RunAddress } from '../execution/runSnapshot.js';
import { busyProcesses } from './embeddedEnvironments.js';

/** A rank whose first executor is to die, and how far into its work. */
export interface Victim {
  readonly rank: number;
  /** 0 to 1, of the time that a rank takes. */
  readonly share: number;
}

/** Chooses the ranks, and for each a uniformly random time; the same for the same seed. */
export function chooseVictims(worldSize: number, failureRate: number, seed: number): Victim[] {
  const random = randomLcg(seed);
  const ranks = shuffled(
    Array.from({ length: worldSize }, (_, rank) => rank),
    random,
  );
  return ranks.slice(0, Math.round(worldSize * failureRate)).map((rank) => ({ rank, share: random() }));
}

export interface KillerOptions {
  readonly lambda: LambdaClient;
  readonly store: ObjectStore;
  readonly address: RunAddress;
  /** What a rank is expected to take. */
  readonly rankMs: number;
  readonly victims: readonly Victim[];
  readonly pollMs: number;
  /** Aborts when the run has ended. */
  readonly signal: AbortSignal;
}

/**
 * Kills the process of each victim's first attempt at its time, as Linux kills: the executor gets no chance to say anything.
 * Whoever is through by then is spared.
 *
 * @returns how many were killed.
 */
export async function killExecutors(options: KillerOptions): Promise<number> {
  const outcomes = await Promise.all(options.victims.map((victim) => kill(victim, options)));
  return outcomes.filter((killed) => killed).length;
}

async function kill(
  { rank, share }: Victim,
  { lambda, store, address, rankMs, pollMs, signal }: KillerOptions,
): Promise<boolean> {
  try {
    for (;;) {
      const found = await store.findJson(address.bucket, attemptsKey(address.resultPrefix, rank), attemptsSchema);
      const first = found?.value.attempts.find(({ generation }) => generation === 0);
      if (!first) {
        await wait(pollMs, undefined, { signal });
        continue;
      }
      await wait(Math.max(0, first.startedAtMs + share * rankMs - Date.now()), undefined, { signal });
      const busy = await busyProcesses(lambda);
      const executor = busy.find(({ requestId }) => requestId === first.requestId);
      if (executor) process.kill(executor.pid, 'SIGKILL');
      return executor !== undefined;
    }
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
