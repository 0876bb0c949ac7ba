import { type OperationName, operations } from '../../cli/bench/operations.js';
import type { MeasurementBudget } from '../../cli/bench/rankGroup.js';
import type { ContenderName } from './contenders.js';
import { bearsOnGoal } from './goals.js';

/** What is to be compared, and how long that may take. */
export interface ComparisonPlan {
  readonly contenders: readonly ContenderName[];
  readonly worldSizes: readonly number[];
  readonly operations: readonly OperationName[];
  /** Bytes of a rank's message. */
  readonly sizes: readonly number[];
  /** How often everything is timed; the contenders take turns within a round. */
  readonly rounds: number;
  readonly budget: MeasurementBudget;
  /** That of the contenders of a goal in its cases: in steady state, when everything has been compiled. */
  readonly goalBudget: MeasurementBudget;
  /** Who would take longer than this for one case takes part in its first round only, or not at all. */
  readonly caseLimitMs: number;
  /** Cases for which all ranks together would hold more are left out. */
  readonly memoryLimitBytes: number;
}

/** One operation at one size among so many ranks. */
export interface ComparedCase {
  readonly ranks: number;
  readonly operation: OperationName;
  /** 0 for the barrier. */
  readonly bytes: number;
}

/** Cases that the same worlds time, one after the other. */
export interface Visit {
  readonly ranks: number;
  readonly cases: readonly ComparedCase[];
}

export function sameCase(one: ComparedCase, other: ComparedCase): boolean {
  return one.ranks === other.ranks && one.operation === other.operation && one.bytes === other.bytes;
}

/** The cases in the order in which they are measured: first those that a goal is about, so that a short run has them. */
export function visitsOf(plan: ComparisonPlan): Visit[] {
  const cases = plan.worldSizes.flatMap((ranks) =>
    plan.operations.flatMap((operation) => {
      const { kind, sized } = operations[operation];
      // A pair is the same among any number of ranks.
      if (kind === 'pair' && ranks !== 2 && (ranks < 2 || plan.worldSizes.includes(2))) return [];
      return (sized ? plan.sizes : [0]).map((bytes): ComparedCase => ({ ranks, operation, bytes }));
    }),
  );
  const visit = (ranks: number, isFirst: boolean): Visit => ({
    ranks,
    cases: cases.filter((one) => one.ranks === ranks && bearsOnGoal(one) === isFirst),
  });
  const visits = [true, false].flatMap((isFirst) => plan.worldSizes.map((ranks) => visit(ranks, isFirst)));
  return visits.filter((one) => one.cases.length > 0);
}
