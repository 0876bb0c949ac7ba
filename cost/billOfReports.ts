import type { Bill } from '../run/bill.js';
import type { BilledInvocation } from '../run/usage.js';
import { computeBill } from './bill.js';
import type { Architecture, PriceTable } from './prices.js';
import type { LambdaReport } from './reportLine.js';

/** What REPORT lines do not say. */
export interface ReportTerms {
  /** Of the function, for the bill's invocations. */
  readonly functionName: string;
  readonly region: string;
  readonly architecture: Architecture;
  /** Configured /tmp. */
  readonly ephemeralStorageMb: number;
  readonly pricesTable: PriceTable;
  /** Bytes of the log events, and those that Logs Insights read to find the lines; undefined: not known. */
  readonly logBytes?: number;
  readonly logScanBytes?: number;
}

/** The invocations of REPORT lines; a line that an export repeats counts once. */
export function invocationsOf(
  reports: readonly LambdaReport[],
  { functionName, ephemeralStorageMb }: Pick<ReportTerms, 'functionName' | 'ephemeralStorageMb'>,
): BilledInvocation[] {
  const distinct = new Map(reports.map((report) => [JSON.stringify(report), report]));
  return [...distinct.values()].map((report) => ({
    functionName,
    requestId: report.requestId,
    role: 'function',
    memoryMb: report.memoryMb,
    billedMs: report.billedDurationMs,
    estimatedMs: report.durationMs,
    ephemeralStorageMb,
    failed: report.status !== undefined && report.status !== 'success',
    maxMemoryUsedMb: report.maxMemoryUsedMb,
  }));
}

/** The bill of REPORT lines alone: Lambda and its logs, and nothing of what the functions used besides. */
export function billOfReports(reports: readonly LambdaReport[], terms: ReportTerms): Bill {
  const bill = computeBill({
    ...terms,
    invocations: invocationsOf(reports, terms),
    stateTransitions: { standard: 0, basis: 'estimated' },
    s3: { get: 0, put: 0, list: 0, head: 0 },
    rendezvous: null,
    samples: 0,
    bytes: 0,
  });
  const lines = bill.lines.filter(({ quantity }) => quantity > 0);
  return {
    ...bill,
    lines,
    measured: lines.every(({ basis }) => basis === 'measured'),
    notes: [...bill.notes, 'REPORT lines know of Lambda alone: Step Functions, S3 and hosts are not in the total.'],
  };
}
