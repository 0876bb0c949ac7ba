import type { ComparedRow } from './comparison.js';
import type { ContenderName } from './contenders.js';

/** A time that is to be reached, relative to another one of the same run. */
interface Goal {
  readonly operation: string;
  readonly ranks: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly of: ContenderName;
  readonly over: ContenderName;
  readonly atMost: number;
}

const kib = 1024;
const mib = 1_048_576;

/** Node's time over OpenMPI's (4 ranks; direct links), the relay's over FMI's Redis method and over a bare TCP relay. */
const goals: readonly Goal[] = [
  { operation: 'allreduce', ranks: 4, fromBytes: 1, toBytes: kib, of: 'direct', over: 'openmpi', atMost: 2 },
  {
    operation: 'allreduce',
    ranks: 4,
    fromBytes: kib + 1,
    toBytes: 64 * kib,
    of: 'direct',
    over: 'openmpi',
    atMost: 1.5,
  },
  { operation: 'allreduce', ranks: 4, fromBytes: mib, toBytes: mib, of: 'direct', over: 'openmpi', atMost: 1 },
  {
    operation: 'allreduce',
    ranks: 4,
    fromBytes: 16 * mib,
    toBytes: 64 * mib,
    of: 'direct',
    over: 'openmpi',
    atMost: 0.8,
  },
  { operation: 'bcast', ranks: 4, fromBytes: mib, toBytes: 64 * mib, of: 'direct', over: 'openmpi', atMost: 1 },
  { operation: 'barrier', ranks: 4, fromBytes: 0, toBytes: 0, of: 'direct', over: 'openmpi', atMost: 3 },
  { operation: 'allreduce', ranks: 4, fromBytes: mib, toBytes: mib, of: 'relay', over: 'redis', atMost: 0.25 },
  { operation: 'latency', ranks: 2, fromBytes: 8, toBytes: 8, of: 'relay', over: 'tcp-relay', atMost: 1.3 },
];

/** A goal, at one size, with what was measured. */
export interface GoalOutcome {
  readonly goal: Goal;
  readonly bytes: number;
  readonly ratio: number;
  readonly isMet: boolean;
}

/** Compares every goal with the rows that bear on it. */
export function goalOutcomes(rows: readonly ComparedRow[]): GoalOutcome[] {
  const rowOf = (channel: ContenderName, { operation, ranks }: Goal, bytes: number) =>
    rows.find(
      (row) => row.channel === channel && row.operation === operation && row.ranks === ranks && row.bytes === bytes,
    );
  return goals.flatMap((goal) => {
    const sizes = new Set(rows.filter(({ operation }) => operation === goal.operation).map(({ bytes }) => bytes));
    return [...sizes]
      .filter((bytes) => bytes >= goal.fromBytes && bytes <= goal.toBytes)
      .flatMap((bytes) => {
        const own = rowOf(goal.of, goal, bytes);
        const other = rowOf(goal.over, goal, bytes);
        if (!own || !other) return [];
        // Against OpenMPI the ratios within each round are known; they are steadier than the ratio of two medians.
        const ratio = (goal.over === 'openmpi' ? own.overOpenMpi : undefined) ?? own.avgUs / other.avgUs;
        return [{ goal, bytes, ratio, isMet: ratio <= goal.atMost }];
      });
  });
}
