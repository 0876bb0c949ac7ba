import { CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { billOfUsage } from '../../cost/billOfUsage.js';
import { withReports } from '../../cost/completeUsage.js';
import { collectReports, nextLook } from '../../job/collectReports.js';
import { UsageNotFoundError } from '../../job/errors.js';
import { findUsage, keepBill } from '../../job/keepBill.js';
import { renderReport } from '../../report/renderReport.js';
import { reportKey, summaryKey, usageKey } from '../../run/keys.js';
import { storedSummarySchema } from '../../run/storedSummary.js';
import type { BilledInvocation, RunUsage } from '../../run/usage.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { simulateRun } from '../report/simulatedRun.js';

const endedAtMs = Date.parse('2026-01-02T03:04:05Z');

const invocation = (requestId: string, change: Partial<BilledInvocation> = {}): BilledInvocation => ({
  functionName: 'executor',
  requestId,
  role: 'rank',
  memoryMb: 1024,
  estimatedMs: 900,
  ephemeralStorageMb: 512,
  failed: false,
  ...change,
});

const usage: RunUsage = {
  version: 1,
  runId: 'run-1',
  region: 'us-east-1',
  architecture: 'x86_64',
  startedAtMs: endedAtMs - 10_000,
  endedAtMs,
  invocations: [
    invocation('a'),
    invocation('b'),
    invocation('aggregate', { functionName: 'aggregate', role: 'coordinator' }),
    invocation('rank 3, attempt that did not sign in 1', { signedIn: false, failed: true, estimatedMs: 0 }),
  ],
  stateTransitions: { standard: 20, basis: 'estimated' },
  s3: { get: 10, put: 10, list: 1, head: 0 },
  logBytes: null,
  logScanBytes: 0,
  rendezvous: null,
  samples: 100,
  bytes: 1000,
  notes: [],
};

const place = { runId: 'run-1', bucket: 'test-bucket', resultPrefix: 'results/one' };
const input = simulateRun(6);
const summary = { ...input.summary, runId: 'run-1', bill: billOfUsage(usage) };

let s3: EmbeddedS3;
const logs = mockClient(CloudWatchLogsClient);
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

beforeEach(async () => {
  logs.reset();
  const store = s3.store();
  await store.putJson(place.bucket, usageKey(place.resultPrefix), usage);
  await store.putJson(place.bucket, summaryKey(place.resultPrefix), summary);
  await store.put(place.bucket, reportKey(place.resultPrefix), renderReport({ ...input, summary }));
});

/** Logs Insights that has the lines of these invocations. */
function logged(...requestIds: readonly string[]): void {
  logs.on(StartQueryCommand).callsFake(({ logGroupName }) => ({ queryId: logGroupName }));
  logs.on(GetQueryResultsCommand).resolves({
    status: 'Complete',
    statistics: { bytesScanned: 5_000 },
    results: requestIds.map((requestId) =>
      Object.entries({
        '@requestId': requestId,
        '@duration': '990.5',
        '@billedDuration': '1000',
        '@memorySize': '1.024E9',
        '@maxMemoryUsed': '5.0E8',
      }).map(([field, value]) => ({ field, value })),
    ),
  });
}

const collect = (requestId = 'look-1') =>
  collectReports(place, {
    store: s3.store(),
    logs: new CloudWatchLogsClient({ region: 'us-east-1' }),
    invocation: { functionName: 'aggregate', requestId, memoryMb: 1769, startedAtMs: Date.now() },
    reportTimeoutMs: 60_000,
  });

const kept = async () => ({
  usage: (await findUsage(s3.store(), place))?.value,
  bill: (await s3.store().getJson(place.bucket, summaryKey(place.resultPrefix), storedSummarySchema)).bill,
  report: (await s3.store().findText(place.bucket, reportKey(place.resultPrefix)))?.value,
});

describe('a later look for REPORT lines', () => {
  it('puts what it finds into usage, summary and report, and its own cost besides', async () => {
    logged('a', 'b', 'aggregate');
    const { bill, lookAgainAt } = await collect();
    expect(bill.reportLines).toEqual({ found: 3, expected: 4 });
    expect(lookAgainAt).toBeNull();
    const now = await kept();
    expect(now.bill).toEqual(JSON.parse(JSON.stringify(bill)));
    expect(now.report).toBe(renderReport({ ...input, summary: { ...summary, bill } }));
    expect(now.usage?.invocations.find(({ requestId }) => requestId === 'a')).toMatchObject({ billedMs: 1000 });
    expect(now.usage?.invocations.at(-1)).toMatchObject({ requestId: 'look-1', role: 'collector', memoryMb: 1769 });
    expect(now.usage).toMatchObject({
      stateTransitions: { standard: 23 },
      s3: { get: 16, put: 13 },
      logBytes: 10_000,
      logScanBytes: 10_000,
    });
  });

  it('counts itself once when the call is made again', async () => {
    logged('a');
    await collect();
    await collect();
    const { usage: now } = await kept();
    expect(now?.invocations.filter(({ role }) => role === 'collector')).toHaveLength(1);
    expect(now?.stateTransitions.standard).toBe(23);
  });

  it('keeps what others have found at the same time', async () => {
    const report = (billedDurationMs: number) => ({ billedDurationMs, memoryMb: 1024, maxMemoryUsedMb: 500 });
    const add = (requestId: string, billedMs: number) =>
      keepBill(s3.store(), place, (before) =>
        withReports(before, { reports: new Map([[requestId, report(billedMs)]]), logBytes: null, notes: [] }),
      );
    await Promise.all([add('a', 1000), add('b', 2000), add('aggregate', 3000)]);
    const now = await kept();
    expect(now.bill.reportLines).toEqual({ found: 3, expected: 4 });
    expect(now.report).toBe(renderReport({ ...input, summary: { ...summary, bill: now.bill } }));
  });

  it('says why it could not look, and leaves the figures as they were', async () => {
    logs.on(StartQueryCommand).rejects(new Error('too many queries at a time'));
    const { bill } = await collect();
    expect(bill.notes.join(' ')).toContain('too many queries at a time');
    expect(bill.reportLines.found).toBe(0);
  });

  it('does not take the usage of another run for its own', async () => {
    await s3.store().putJson(place.bucket, usageKey(place.resultPrefix), { ...usage, runId: 'other' });
    await expect(collect()).rejects.toThrow(UsageNotFoundError);
  });
});

describe('the next look', () => {
  const looked = (times: number): RunUsage => ({
    ...usage,
    invocations: [
      ...usage.invocations,
      ...Array.from({ length: times }, (_, index) => invocation(`look-${index}`, { role: 'collector' })),
    ],
  });
  const secondsUntil = (times: number, nowMs: number) =>
    (Date.parse(nextLook(looked(times), 60_000, nowMs) ?? '') - nowMs) / 1000;

  it('comes ever later, the last one when the time is up', () => {
    expect([0, 1, 2].map((times) => secondsUntil(times, endedAtMs))).toEqual([5, 10, 20]);
    expect(secondsUntil(3, endedAtMs + 50_000)).toBe(10);
  });

  it('is not made when all is found or no time is left', () => {
    expect(nextLook(looked(0), 60_000, endedAtMs + 60_000)).toBeNull();
    expect(nextLook(looked(0), 0, endedAtMs)).toBeNull();
    const whole = { ...usage, invocations: usage.invocations.map((each) => ({ ...each, billedMs: 1 })) };
    expect(nextLook(whole, 60_000, endedAtMs)).toBeNull();
  });
});
