import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  ResourceNotFoundException,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { LogGroupNotFoundError, ReportQueryError } from '../../cost/errors.js';
import { findReports, type QueryClock, reportQueryString, rowsPerQuery } from '../../cost/reportQuery.js';

/** A clock that stands still but for sleeps, which pass at once. */
class StepClock implements QueryClock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.nowMs += ms;
  }
}

interface LoggedReport {
  readonly requestId: string;
  readonly timestampMs: number;
  /** When the line becomes visible, on the test's clock. */
  readonly arrivesAtMs?: number;
}

const startMs = Date.parse('2026-01-02T03:04:05.000Z');

function rowOf({ requestId, timestampMs }: LoggedReport) {
  const fields = {
    '@requestId': requestId,
    '@type': 'REPORT',
    '@duration': '1234.5',
    '@billedDuration': '1235.0',
    '@memorySize': '1.024E10',
    '@maxMemoryUsed': '5.948E9',
    '@timestamp': new Date(timestampMs).toISOString().replace('T', ' ').replace('Z', ''),
    '@logStream': 'stream-1',
    '@ptr': 'x',
  };
  return Object.entries(fields).map(([field, value]) => ({ field, value }));
}

/** Logs Insights over a list of lines: seconds at both ends of the window, late lines, the row limit. */
function insights(clock: StepClock, lines: readonly LoggedReport[]) {
  const client = new CloudWatchLogsClient({ region: 'us-east-1' });
  const mock = mockClient(client);
  const queries: (readonly LoggedReport[])[] = [];
  mock.on(StartQueryCommand).callsFake(({ startTime, endTime, limit }) => {
    const from = startTime * 1000;
    const to = endTime * 1000 + 999;
    queries.push(
      lines
        .filter(({ timestampMs }) => timestampMs >= from && timestampMs <= to)
        .filter(({ arrivesAtMs = 0 }) => arrivesAtMs <= clock.nowMs)
        .slice(0, limit),
    );
    return { queryId: String(queries.length - 1) };
  });
  const polled = new Set<string>();
  mock.on(GetQueryResultsCommand).callsFake(({ queryId }) => {
    if (!polled.has(queryId)) {
      polled.add(queryId);
      return { status: 'Running', results: [] };
    }
    return { status: 'Complete', results: queries[Number(queryId)].map(rowOf), statistics: { bytesScanned: 1000 } };
  });
  return { client, mock };
}

const idsOf = (lines: readonly LoggedReport[]) => lines.map(({ requestId }) => requestId);

const linesOver = (seconds: number, count: number): LoggedReport[] =>
  Array.from({ length: count }, (_, index) => ({
    requestId: `id-${index}`,
    timestampMs: startMs + Math.floor((index / count) * seconds * 1000),
  }));

function query(clock: StepClock, requestIds: Iterable<string>, seconds: number, timeoutMs = 60_000) {
  return {
    logGroup: '/aws/lambda/executor',
    requestIds,
    startMs,
    endMs: startMs + seconds * 1000,
    timeoutMs,
    clock,
  };
}

describe('findReports', () => {
  it('finds every line with one query and reads its figures', async () => {
    const clock = new StepClock();
    const lines = linesOver(10, 20);
    const { client, mock } = insights(clock, lines);

    const result = await findReports(client, query(clock, idsOf(lines), 10));

    expect(result).toMatchObject({ expected: 20, missing: [], queries: 1, bytesScanned: 1000 });
    expect(result.found.get('id-0')).toEqual({
      requestId: 'id-0',
      durationMs: 1234.5,
      billedDurationMs: 1235,
      memoryMb: 10_240,
      maxMemoryUsedMb: 5948,
      timestampMs: startMs,
      logStream: 'stream-1',
    });
    expect(mock.commandCalls(StartQueryCommand)[0].args[0].input).toEqual({
      logGroupName: '/aws/lambda/executor',
      startTime: startMs / 1000,
      endTime: startMs / 1000 + 10,
      queryString: reportQueryString,
      limit: rowsPerQuery,
    });
  });

  it('asks again until late lines have arrived', async () => {
    const clock = new StepClock();
    const lines = linesOver(10, 20).map((line, index) => ({ ...line, arrivesAtMs: index === 19 ? 20_000 : 0 }));
    const { client } = insights(clock, lines);

    const result = await findReports(client, query(clock, idsOf(lines), 10));

    expect(result).toMatchObject({ expected: 20, missing: [] });
    expect(result.queries).toBeGreaterThan(5);
    expect(clock.nowMs).toBeLessThan(30_000);
  });

  it('ends at the timeout with what was found, and names what was not', async () => {
    const clock = new StepClock();
    const lines = linesOver(10, 100);
    const { client } = insights(clock, lines.slice(0, 95));

    const result = await findReports(client, query(clock, idsOf(lines), 10, 30_000));

    expect(result.found.size).toBe(95);
    expect(result.expected).toBe(100);
    expect(result.missing).toEqual(['id-95', 'id-96', 'id-97', 'id-98', 'id-99']);
    expect(clock.nowMs).toBe(30_000);
  });

  it('goes past 10,000 rows by ever smaller slices of time', async () => {
    const clock = new StepClock();
    const lines = linesOver(64, 25_000);
    const { client, mock } = insights(clock, lines);

    const result = await findReports(client, query(clock, idsOf(lines), 64));

    expect(result.found.size).toBe(25_000);
    expect(result.missing).toEqual([]);
    const slices = mock.commandCalls(StartQueryCommand).map(({ args }) => args[0].input);
    expect(slices.length).toBeGreaterThan(3);
    expect(slices.every(({ startTime = 0, endTime = 0 }) => startTime <= endTime)).toBe(true);
  });

  it('says what is missing when even one second holds too many rows', async () => {
    const clock = new StepClock();
    const lines = Array.from({ length: 10_001 }, (_, index) => ({ requestId: `id-${index}`, timestampMs: startMs }));
    const { client } = insights(clock, lines);

    const result = await findReports(client, query(clock, idsOf(lines), 0, 3000));

    expect(result.missing).toEqual(['id-10000']);
  });

  it('leaves out lines of other invocations and asks nothing when nothing is wanted', async () => {
    const clock = new StepClock();
    const lines = linesOver(10, 20);
    const { client, mock } = insights(clock, lines);

    expect([...(await findReports(client, query(clock, ['id-3'], 10))).found.keys()]).toEqual(['id-3']);
    mock.resetHistory();
    expect(await findReports(client, query(clock, [], 10))).toMatchObject({ expected: 0, missing: [], queries: 0 });
    expect(mock.calls()).toHaveLength(0);
  });

  it('waits for a log group that is not there yet, and names one that never comes', async () => {
    const clock = new StepClock();
    const lines = linesOver(10, 2);
    const absent = new ResourceNotFoundException({ message: 'no such group', $metadata: {} });

    const late = insights(clock, lines);
    late.mock.on(StartQueryCommand).rejectsOnce(absent).resolves({ queryId: '0' });
    late.mock.on(GetQueryResultsCommand).resolves({ status: 'Complete', results: lines.map(rowOf) });
    expect((await findReports(late.client, query(clock, idsOf(lines), 10))).missing).toEqual([]);

    const never = insights(clock, lines);
    never.mock.on(StartQueryCommand).rejects(absent);
    const search = findReports(never.client, query(clock, idsOf(lines), 10));
    await expect(search).rejects.toThrow(LogGroupNotFoundError);
    await expect(search).rejects.toThrow('/aws/lambda/executor');
  });

  it.each(['Failed', 'Cancelled', 'Timeout', 'Unknown'] as const)('raises a query that ends as %s', async (status) => {
    const clock = new StepClock();
    const { client, mock } = insights(clock, []);
    mock.on(GetQueryResultsCommand).resolves({ status });
    await expect(findReports(client, query(clock, ['id-0'], 10))).rejects.toThrow(ReportQueryError);
  });

  it('passes other errors on and stops when it is aborted', async () => {
    const clock = new StepClock();
    const { client, mock } = insights(clock, []);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(findReports(client, { ...query(clock, ['id-0'], 10), signal })).rejects.toThrow('enough');
    mock.on(StartQueryCommand).rejects(new Error('access denied'));
    await expect(findReports(client, query(clock, ['id-0'], 10))).rejects.toThrow('access denied');
  });

  it('skips rows that lack a figure, so their ids stay missing', async () => {
    const clock = new StepClock();
    const { client, mock } = insights(clock, []);
    const broken = rowOf({ requestId: 'id-0', timestampMs: startMs }).filter(
      ({ field }) => field !== '@billedDuration',
    );
    mock.on(GetQueryResultsCommand).resolves({ status: 'Complete', results: [broken] });
    const result = await findReports(client, query(clock, ['id-0'], 10, 1000));
    expect(result.missing).toEqual(['id-0']);
  });
});
