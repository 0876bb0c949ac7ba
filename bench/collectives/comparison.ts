import type { BenchRow } from '../../cli/bench/benchRow.js';
import { operations } from '../../cli/bench/operations.js';
import { messageOf } from '../../run/errors.js';
import { type ComparedCase, type ComparisonPlan, type Visit, visitsOf } from './comparisonPlan.js';
import { type ComparedRow, type ComparisonRecord, type MeasuredCase, median } from './comparisonRecord.js';
import type { ContenderName, Contenders } from './contenders.js';
import { isInGoal } from './goals.js';
import { Pacing } from './pacing.js';
import { RunningContenders } from './runningContenders.js';

/** Hears what has been measured, for people. */
export type Note = (line: string) => void;

/**
 * Times every case that the record does not have yet with every contender, one right after the other, so that all see
 * the same machine. When it is ended by its signal, the record has what was complete until then.
 *
 * @returns how many cases it has measured.
 */
export async function compareContenders(
  contenders: Contenders,
  plan: ComparisonPlan,
  record: ComparisonRecord,
  note: Note,
  signal: AbortSignal,
): Promise<number> {
  const visits = visitsOf(plan);
  const total = visits.reduce((sum, { cases }) => sum + cases.length, 0);
  const pacing = new Pacing(plan.caseLimitMs, plan.rounds, record.rows);
  let measured = 0;
  let done = visits.flatMap(({ cases }) => cases).filter((one) => record.has(one, plan.contenders)).length;
  if (done > 0) note(`${done} of ${total} cases are known already`);
  try {
    for (const visit of visits) {
      const missing = visit.cases.filter((one) => !record.has(one, plan.contenders));
      if (missing.length === 0) continue;
      await withWorlds(contenders, plan, visit, note, async (running) => {
        for (const wanted of missing) {
          const result = await compareCase(running, wanted, plan, pacing, signal);
          await record.add(result);
          pacing.learn(result.rows);
          measured += 1;
          note(`[${++done}/${total}] ${titleOf(wanted)}: ${figuresOf(result)}`);
        }
      });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    note(`ended early, ${total - done} cases are left: ${messageOf(signal.reason)}`);
  }
  return measured;
}

async function withWorlds(
  contenders: Contenders,
  plan: ComparisonPlan,
  { ranks }: Visit,
  note: Note,
  body: (running: RunningContenders) => Promise<void>,
): Promise<void> {
  const running = new RunningContenders(contenders, ranks);
  try {
    note(`starting ${ranks} ranks each of ${plan.contenders.join(', ')} ...`);
    for (const name of plan.contenders) await running.start(name);
    await body(running);
  } finally {
    await running.close();
  }
}

async function compareCase(
  running: RunningContenders,
  wanted: ComparedCase,
  plan: ComparisonPlan,
  pacing: Pacing,
  signal: AbortSignal,
): Promise<MeasuredCase> {
  const { ranks, operation, bytes } = wanted;
  const needed = operations[operation].memoryBytes(bytes, ranks);
  if (needed > plan.memoryLimitBytes) {
    const reason = `its ranks would hold ${(needed / 2 ** 30).toFixed(1)} GiB at once`;
    return { ...wanted, rows: [], leftOut: plan.contenders.map((contender) => ({ contender, reason })) };
  }
  const leftOut = new Map<ContenderName, string>();
  const timed = new Map<ContenderName, BenchRow[]>();
  for (let round = 0; round < plan.rounds; round++) {
    for (const name of plan.contenders) {
      if (leftOut.has(name) || round >= pacing.roundsFor(name, wanted)) continue;
      try {
        const row = await running.measure(
          name,
          operation,
          bytes,
          isInGoal(name, wanted) ? plan.goalBudget : plan.budget,
        );
        if (row) timed.set(name, [...(timed.get(name) ?? []), row]);
        else leftOut.set(name, 'it does not have this');
      } catch (error) {
        if (signal.aborted) throw error;
        leftOut.set(name, messageOf(error));
      }
    }
  }
  for (const name of plan.contenders) {
    if (!timed.has(name) && !leftOut.has(name)) leftOut.set(name, pacing.reason(name, wanted));
  }
  return {
    ...wanted,
    rows: [...timed].flatMap(([name, rows]) => summary(name, rows) ?? []),
    leftOut: [...leftOut].filter(([name]) => !timed.has(name)).map(([contender, reason]) => ({ contender, reason })),
  };
}

/** The round with the median time stands for all; the extremes are those of all rounds. */
function summary(channel: ContenderName, rounds: readonly BenchRow[]): ComparedRow | undefined {
  const roundsUs = rounds.map(({ avgUs }) => avgUs);
  const middle = rounds.find(({ avgUs }) => avgUs === median(roundsUs));
  return (
    middle && {
      ...middle,
      channel,
      minUs: Math.min(...rounds.map(({ minUs }) => minUs)),
      maxUs: Math.max(...rounds.map(({ maxUs }) => maxUs)),
      roundsUs,
    }
  );
}

const titleOf = ({ ranks, operation, bytes }: ComparedCase) => `${operation} of ${bytes} B, ${ranks} ranks`;

function figuresOf({ rows, leftOut }: MeasuredCase): string {
  const times = rows.map(({ channel, avgUs }) => `${channel} ${avgUs.toFixed(1)} us`);
  const reasons = leftOut.filter(({ reason }) => reason !== 'it does not have this');
  return [...times, ...reasons.map(({ contender, reason }) => `${contender} left out: ${reason}`)].join(', ');
}
