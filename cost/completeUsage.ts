import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { messageOf } from '../run/errors.js';
import type { BilledInvocation, RunUsage } from '../run/usage.js';
import { type FoundReport, findReports, type QueryClock } from './reportQuery.js';

/** How long, and how often, REPORT lines are looked for. */
export interface LookTerms {
  readonly timeoutMs: number;
  /** Most times that a log group is asked; default: until the time is up. */
  readonly rounds?: number;
  /** Wait before a log group is asked again, in milliseconds. */
  readonly roundMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: QueryClock;
}

/** What a look for REPORT lines came to. */
export interface Look {
  /** By request id. */
  readonly reports: ReadonlyMap<string, Pick<FoundReport, 'billedDurationMs' | 'memoryMb' | 'maxMemoryUsedMb'>>;
  /** What Logs Insights read for it, and bills. */
  readonly bytesScanned: number;
  /** Bytes of all log events of the run's functions in its time; null when not one log group could be read. */
  readonly logBytes: number | null;
  /** Log groups that could not be read, and why. */
  readonly notes: readonly string[];
}

/** Clocks of Step Functions, Lambda and CloudWatch Logs differ. */
const clockSlackMs = 5_000;
/** How long after the end of the run its last invocations may end. */
const lastLinesMs = 60_000;

const isMissing = ({ billedMs, signedIn }: BilledInvocation): boolean => billedMs === undefined && signedIn !== false;

/** The invocations whose REPORT lines are still to be found. */
export const missingReports = ({ invocations }: RunUsage): readonly BilledInvocation[] =>
  invocations.filter((invocation) => isMissing(invocation) && invocation.role !== 'collector');

/**
 * Looks for the REPORT lines that a run's usage lacks, in the log group of each function. A log group that cannot be read is a
 * note and no error: its invocations stay estimated.
 */
export async function lookForReports(logs: CloudWatchLogsClient, usage: RunUsage, terms: LookTerms): Promise<Look> {
  const missing = usage.invocations.filter(isMissing);
  const functionNames = [...new Set(missing.map(({ functionName }) => functionName))];
  const looks = await Promise.all(
    functionNames.map(async (functionName): Promise<Look> => {
      const logGroup = `/aws/lambda/${functionName}`;
      try {
        const { found, bytesScanned, windowBytes } = await findReports(logs, {
          ...terms,
          logGroup,
          requestIds: missing.flatMap((each) => (each.functionName === functionName ? each.requestId : [])),
          startMs: usage.startedAtMs - clockSlackMs,
          endMs: usage.endedAtMs + lastLinesMs,
        });
        return { reports: found, bytesScanned, logBytes: windowBytes, notes: [] };
      } catch (error) {
        if (terms.signal?.aborted) throw error;
        const reason = `${error instanceof Error ? error.name : 'Error'}: ${messageOf(error)}`;
        const note = `The REPORT lines in ${logGroup} could not be read, so its invocations are estimated (${reason}).`;
        return { reports: new Map(), bytesScanned: 0, logBytes: null, notes: [note] };
      }
    }),
  );
  const read = looks.flatMap(({ logBytes }) => logBytes ?? []);
  return {
    reports: new Map(looks.flatMap(({ reports }) => [...reports])),
    bytesScanned: looks.reduce((sum, { bytesScanned }) => sum + bytesScanned, 0),
    logBytes: read.length === 0 ? null : read.reduce((sum, bytes) => sum + bytes, 0),
    notes: looks.flatMap(({ notes }) => notes),
  };
}

/**
 * Adds to a usage what a look has found; figures that are there already stay. What a look could not read is noted until another
 * one can.
 */
export function withReports(usage: RunUsage, { reports, logBytes, notes }: Omit<Look, 'bytesScanned'>): RunUsage {
  return {
    ...usage,
    invocations: usage.invocations.map((invocation) => {
      const report = isMissing(invocation) ? reports.get(invocation.requestId) : undefined;
      if (!report) return invocation;
      const { billedDurationMs: billedMs, memoryMb, maxMemoryUsedMb } = report;
      return { ...invocation, billedMs, memoryMb, maxMemoryUsedMb };
    }),
    // A look asks the functions alone whose lines are missing, so the first one sees the most.
    logBytes: logBytes === null ? usage.logBytes : Math.max(usage.logBytes ?? 0, logBytes),
    notes: [...notes],
  };
}
