import { type ClusterCost, clusterCost, workUsd } from '../../cost/cluster.js';
import { paidMs } from '../../cost/lambdaLines.js';
import { atOtherMemory, type OtherMemory } from '../../cost/otherMemory.js';
import { type Architecture, type PriceTable, pricesOf } from '../../cost/prices.js';
import type { BilledInvocation } from '../../run/usage.js';

/** What is asked about the same work elsewhere. */
export interface AlternativeOptions {
  /** Sizes of clusters. */
  readonly nodes?: readonly number[];
  /** Dollars of an hour of a node, on demand and on spot. */
  readonly nodePrice?: number;
  readonly spotPrice?: number;
  /** Memory sizes, in MB. */
  readonly memory?: readonly number[];
}

/** The same attempts, each as long as it was, on machines at one price. */
export interface OnMachines {
  readonly kind: 'on-demand' | 'spot';
  readonly usdPerHour: number;
  /** Where only the seconds of work are paid for. */
  readonly workUsd: number;
  readonly clusters: readonly ClusterCost[];
}

/** What the work of the ranks would have cost otherwise. */
export interface Alternatives {
  /** Attempts that are compared, failed ones included. */
  readonly attempts: number;
  readonly workS: number;
  readonly machines: readonly OnMachines[];
  readonly otherMemory: readonly OtherMemory[];
}

/** @param invocations - of which the ranks' are compared, in their order. */
export function alternativesOf(
  { nodes = [], nodePrice, spotPrice, memory = [] }: AlternativeOptions,
  invocations: readonly BilledInvocation[],
  { architecture, region, pricesTable }: { architecture: Architecture; region: string; pricesTable: PriceTable },
): Alternatives {
  const attempts = invocations.filter(({ role }) => role === 'rank' || role === 'function');
  const durationsS = attempts.map((attempt) => paidMs(attempt) / 1000);
  const prices = [
    ...(nodePrice === undefined ? [] : [{ kind: 'on-demand' as const, usdPerHour: nodePrice }]),
    ...(spotPrice === undefined ? [] : [{ kind: 'spot' as const, usdPerHour: spotPrice }]),
  ];
  return {
    attempts: attempts.length,
    workS: durationsS.reduce((sum, durationS) => sum + durationS, 0),
    machines: prices.map(({ kind, usdPerHour }) => ({
      kind,
      usdPerHour,
      workUsd: workUsd(durationsS, usdPerHour),
      clusters: nodes.map((count) => clusterCost(durationsS, { nodes: count, usdPerHour })),
    })),
    otherMemory: memory.map((memoryMb) =>
      atOtherMemory(attempts, memoryMb, architecture, pricesOf(pricesTable, region).prices),
    ),
  };
}
