import type { Plan } from '../run/plan.js';
import { RankDeadlineError } from './errors.js';

/** Kept free at the end of an invocation to write what there is and to leave the group. */
const marginMs = 5_000;

/** When an attempt must be done, and the signal that says so. */
export interface AttemptDeadline {
  readonly deadline: Date;
  /** Aborts with a RankDeadlineError, or what `abort` was given. */
  readonly signal: AbortSignal;
  /** Ends the attempt before its time, such as when it was fenced off. */
  abort(reason: unknown): void;
  clear(): void;
}

/** The earlier of the run's deadline and the end of the invocation, less a margin. */
export function attemptDeadline(plan: Plan, rank: number, endsAtMs: number): AttemptDeadline {
  const nowMs = Date.now();
  const functionEndMs = endsAtMs - Math.min(marginMs, (endsAtMs - nowMs) / 10);
  const runEndMs = plan.deadlineAtMs ?? Number.POSITIVE_INFINITY;
  const what = runEndMs < functionEndMs ? 'run' : 'function';
  const deadlineMs = Math.min(runEndMs, functionEndMs);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new RankDeadlineError(rank, what)), Math.max(0, deadlineMs - nowMs));
  timer.unref();
  return {
    deadline: new Date(deadlineMs),
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    clear: () => clearTimeout(timer),
  };
}

/** Time that a collective may take at most, in milliseconds: it ends, and names who is missing, before the attempt must. */
export function collectiveTimeoutMs(deadline: Date): number {
  const leftMs = deadline.getTime() - Date.now();
  return Math.max(1, leftMs - Math.min(1_000, leftMs / 10));
}
