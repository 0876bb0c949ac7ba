import type { Bill } from '../../run/bill.js';
import { s3Uri } from '../../run/keys.js';
import type { Quality } from '../../run/quality.js';
import type { FailedRank, RunSummary, Throughput } from '../../run/summary.js';
import { errorReport } from '../errorText.js';
import type { RunSnapshot, RunStatus } from './runSnapshot.js';

/** Why a run, or the command itself, failed; `code` is stable. */
export interface ResultError {
  readonly code: string;
  readonly message: string;
}

/** The object of `muster run --json`; also what `muster status --json` gives for a run. */
export interface RunResult {
  readonly runId: string | null;
  readonly status: RunStatus;
  /** `s3://bucket/prefix`; null when the run claimed none. */
  readonly resultPrefix: string | null;
  readonly ranks: {
    readonly expected: number;
    readonly succeeded: number;
    readonly failed: readonly FailedRank[];
  } | null;
  readonly throughput: Throughput | null;
  readonly quality: Quality | null;
  readonly bill: Bill | null;
  readonly files: RunSummary['files'] | null;
  /** Null when the run succeeded. */
  readonly error: ResultError | null;
}

type Known = Pick<RunResult, 'runId' | 'status' | 'resultPrefix' | 'error'>;

function withoutSummary({ runId, status, resultPrefix, error }: Known, ranks: RunResult['ranks'] = null): RunResult {
  return { runId, status, resultPrefix, ranks, throughput: null, quality: null, bill: null, files: null, error };
}

/** The result of a run that has a name; `summary` is there when the aggregator came to write it. */
export function runResult(snapshot: RunSnapshot, summary: RunSummary | undefined): RunResult {
  const { runId, status, address, ranks, fault } = snapshot;
  const error = fault ? { code: fault.name, message: fault.message } : null;
  if (!summary) {
    const resultPrefix = address ? s3Uri(address.bucket, address.resultPrefix) : null;
    const counted = ranks ? { expected: ranks.expected, succeeded: ranks.done, failed: [] } : null;
    return withoutSummary({ runId, status, resultPrefix, error }, counted);
  }
  const { resultPrefix, throughput, quality, bill, files } = summary;
  return { runId, status, resultPrefix, ranks: summary.ranks, throughput, quality, bill, files, error };
}

/** The answer when a run was started and left to itself. */
export const startedResult = (runId: string): RunResult =>
  withoutSummary({ runId, status: 'RUNNING', resultPrefix: null, error: null });

/** The result when the command failed: before a run had a name, or while it followed the one that it had started. */
export const failedCommand = (interrupted: boolean, error: unknown, runId: string | null = null): RunResult =>
  withoutSummary({
    runId,
    status: interrupted ? 'ABORTED' : 'FAILED',
    resultPrefix: null,
    error: resultError(error),
  });

/** An error as answers for machines have it. */
export function resultError(error: unknown): ResultError {
  const { code, message } = errorReport(error);
  return { code, message };
}
