import type { ComparedCase } from './comparisonPlan.js';
import { type ComparedRow, ratioOf } from './comparisonRecord.js';
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

/**
 * Node's time over OpenMPI's (4 ranks over direct links; 2 ranks, which have a CPU each), the relay's over FMI's Redis method and
 * over a bare TCP relay.
 */
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
  { operation: 'allreduce', ranks: 2, fromBytes: 1, toBytes: kib, of: 'direct', over: 'openmpi', atMost: 1.5 },
  { operation: 'barrier', ranks: 2, fromBytes: 0, toBytes: 0, of: 'direct', over: 'openmpi', atMost: 1.5 },
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

/** Whether any goal is about this case. */
export function bearsOnGoal(one: ComparedCase): boolean {
  return goalsOf(one).length > 0;
}

/** Whether a goal is about the time that this contender takes for this case. */
export function isInGoal(name: ContenderName, one: ComparedCase): boolean {
  return goalsOf(one).some((goal) => goal.of === name || goal.over === name);
}

function goalsOf({ operation, ranks, bytes }: ComparedCase): Goal[] {
  return goals.filter(
    (goal) => goal.operation === operation && goal.ranks === ranks && bytes >= goal.fromBytes && bytes <= goal.toBytes,
  );
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
      .sort((a, b) => a - b)
      .flatMap((bytes) => {
        const ratio = ratioOf(rowOf(goal.of, goal, bytes), rowOf(goal.over, goal, bytes));
        return ratio === undefined ? [] : [{ goal, bytes, ratio, isMet: ratio <= goal.atMost }];
      });
  });
}
