import { MinHeap } from './forecast/minHeap.js';

/** A cluster of machines that are paid for by the hour, from the first job to the end of the last one. */
export interface ClusterTerms {
  readonly nodes: number;
  /** Price of one node. */
  readonly usdPerHour: number;
}

/** What a list of jobs costs on a cluster. */
export interface ClusterCost {
  readonly nodes: number;
  readonly usdPerHour: number;
  /** Until the last job ends. */
  readonly makespanS: number;
  /** Time that nodes do nothing, of all of them together. */
  readonly idleS: number;
  readonly usd: number;
}

/**
 * Runs jobs on a fixed cluster: each, in order, on the node with the least work so far; every node is paid for until the last
 * job ends.
 *
 * Source: SLIM's comparison of serverless seismic imaging with clusters (arXiv 1909.01279).
 *
 * @param durationsS - Of the jobs, in the order in which they are dealt.
 * @example
 * clusterCost([3, 2, 1], { nodes: 2, usdPerHour: 3600 }); // { makespanS: 3, idleS: 0, usd: 6, ... }
 */
export function clusterCost(durationsS: readonly number[], { nodes, usdPerHour }: ClusterTerms): ClusterCost {
  const loads = new MinHeap();
  let makespanS = 0;
  let workS = 0;
  durationsS.forEach((durationS, index) => {
    const startS = index < nodes ? 0 : (loads.min ?? 0);
    if (index >= nodes) loads.removeMin();
    loads.add(startS + durationS);
    makespanS = Math.max(makespanS, startS + durationS);
    workS += durationS;
  });
  const paidS = nodes * makespanS;
  return { nodes, usdPerHour, makespanS, idleS: paidS - workS, usd: (paidS / 3600) * usdPerHour };
}

/** What the jobs cost where each second of work is paid for and no other. */
export const workUsd = (durationsS: readonly number[], usdPerHour: number): number =>
  (durationsS.reduce((sum, durationS) => sum + durationS, 0) / 3600) * usdPerHour;
