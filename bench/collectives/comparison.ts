import type { BenchRow } from '../../cli/bench/benchRow.js';
import { type BenchOperation, type OperationName, operations } from '../../cli/bench/operations.js';
import type { MeasurementBudget } from '../../cli/bench/rankGroup.js';
import { messageOf } from '../../run/errors.js';
import type { Contender, ContenderName, Contenders } from './contenders.js';

export interface ComparisonPlan {
  readonly contenders: readonly ContenderName[];
  readonly worldSizes: readonly number[];
  readonly operations: readonly OperationName[];
  /** Bytes of a rank's message. */
  readonly sizes: readonly number[];
  /** How often everything is timed; the contenders take turns within a round. */
  readonly rounds: number;
  readonly budget: MeasurementBudget;
  /** Cases for which all ranks together would hold more are left out. */
  readonly memoryLimitBytes: number;
}

/** The figures of one case over all rounds. */
export interface ComparedRow extends BenchRow {
  readonly channel: ContenderName;
  /** Median over the rounds of this time over OpenMPI's in the same round; undefined without OpenMPI. */
  readonly overOpenMpi?: number;
}

/**
 * Times every case with every contender, one right after the other, so that all see the same machine. When it is ended
 * by its signal, what it has until then is what it gives.
 */
export async function compareContenders(
  contenders: Contenders,
  plan: ComparisonPlan,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<ComparedRow[]> {
  const rows: ComparedRow[] = [];
  try {
    await compareWorlds(contenders, plan, note, rows);
  } catch (error) {
    if (!signal.aborted) throw error;
    note(`ended early: ${messageOf(signal.reason)}`);
  }
  return rows;
}

async function compareWorlds(
  contenders: Contenders,
  plan: ComparisonPlan,
  note: (line: string) => void,
  rows: ComparedRow[],
): Promise<void> {
  for (const ranks of plan.worldSizes) {
    const running: Contender[] = [];
    try {
      for (const name of plan.contenders) running.push(await contenders.start(name, ranks));
      for (const operation of plan.operations) {
        for (const bytes of sizesOf(operation, plan.sizes)) {
          rows.push(...(await compareCase(running, { ranks, operation, bytes }, plan, note)));
        }
      }
    } finally {
      await Promise.all(running.map((contender) => contender.close()));
    }
  }
}

function sizesOf(operation: OperationName, sizes: readonly number[]): readonly number[] {
  return operations[operation].sized ? sizes : [0];
}

interface Case {
  readonly ranks: number;
  readonly operation: OperationName;
  readonly bytes: number;
}

async function compareCase(
  running: readonly Contender[],
  { ranks, operation, bytes }: Case,
  plan: ComparisonPlan,
  note: (line: string) => void,
): Promise<ComparedRow[]> {
  const { kind, memoryBytes }: BenchOperation = operations[operation];
  const title = `${operation} of ${bytes} B, ${ranks} ranks`;
  if (kind === 'pair' && ranks !== 2 && plan.worldSizes.includes(2)) return [];
  const needed = memoryBytes(bytes, ranks);
  if (needed > plan.memoryLimitBytes) {
    note(`${title}: left out, it would hold ${(needed / 2 ** 30).toFixed(1)} GiB at once`);
    return [];
  }
  const rounds: Map<ContenderName, BenchRow>[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const timed = new Map<ContenderName, BenchRow>();
    for (const contender of running) {
      const row = await contender.measure(operation, bytes, plan.budget);
      if (row) timed.set(contender.name, row);
    }
    rounds.push(timed);
  }
  const compared = running.flatMap(({ name }) => summary(name, rounds) ?? []);
  note(`${title}: ${compared.map(({ channel, avgUs }) => `${channel} ${avgUs.toFixed(1)}`).join(', ')} us`);
  return compared;
}

/** The round with the median time stands for all; the extremes are those of all rounds. */
function summary(
  name: ContenderName,
  rounds: readonly ReadonlyMap<ContenderName, BenchRow>[],
): ComparedRow | undefined {
  const timed = rounds.flatMap((round) => round.get(name) ?? []).sort((a, b) => a.avgUs - b.avgUs);
  const middle = timed[Math.floor((timed.length - 1) / 2)];
  if (!middle) return undefined;
  const ratios = rounds.flatMap((round) => {
    const own = round.get(name);
    const mpi = round.get('openmpi');
    return own && mpi && name !== 'openmpi' ? [own.avgUs / mpi.avgUs] : [];
  });
  const overOpenMpi = ratios.sort((a, b) => a - b)[Math.floor((ratios.length - 1) / 2)];
  return {
    ...middle,
    channel: name,
    minUs: Math.min(...timed.map(({ minUs }) => minUs)),
    maxUs: Math.max(...timed.map(({ maxUs }) => maxUs)),
    ...(overOpenMpi === undefined ? {} : { overOpenMpi }),
  };
}
