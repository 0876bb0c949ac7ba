import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LambdaReport, parseReportLine, parseReportLines } from '../../cost/reportLine.js';

const id = 'adbca9aa-fe3a-4fd6-b4e7-5e7b46ae71f1';

describe('text REPORT lines', () => {
  it('reads the published log of a CosmicAI executor', () => {
    const log = readFileSync(new URL('fixtures/cosmicai-executor-log.txt', import.meta.url), 'utf8');
    const reports = parseReportLines(log);
    expect(reports.map(({ billedDurationMs }) => billedDurationMs)).toEqual([40908, 33677, 33810, 33889]);
    expect(reports[0]).toEqual({
      requestId: id,
      durationMs: 40243.33,
      billedDurationMs: 40908,
      memoryMb: 10240,
      maxMemoryUsedMb: 5948,
      initDurationMs: 663.81,
    });
    // Billed is duration and init rounded up once: init is in it and must never be added again.
    expect(Math.ceil(reports[0].durationMs + (reports[0].initDurationMs ?? 0))).toBe(reports[0].billedDurationMs);
  });

  it('reads restore, trace and error fields', () => {
    const line = [
      `2026-01-02T03:04:05.678Z\tREPORT RequestId: ${id}`,
      'Duration: 3000.00 ms',
      'Billed Duration: 3000 ms',
      'Memory Size: 128 MB',
      'Max Memory Used: 64 MB',
      'Restore Duration: 400.10 ms',
      'Billed Restore Duration: 401 ms',
      '\nXRAY TraceId: 1-5e-9a',
      'SegmentId: 1b2c',
      'Sampled: true',
      'Status: error',
      'Error Type: Runtime.ExitError\n',
    ].join('\t');
    expect(parseReportLine(line)).toEqual({
      requestId: id,
      durationMs: 3000,
      billedDurationMs: 3000,
      memoryMb: 128,
      maxMemoryUsedMb: 64,
      restoreDurationMs: 400.1,
      billedRestoreDurationMs: 401,
      xrayTraceId: '1-5e-9a',
      status: 'error',
      errorType: 'Runtime.ExitError',
    });
  });

  it.each([
    'START RequestId: 8f Version: $LATEST',
    'REPORT RequestId: 8f Duration: 1 ms Billed Duration: 2 ms Memory Size: 128 MB',
    'REPORT RequestId: 8f Duration: NaN ms Billed Duration: 2 ms Memory Size: 128 MB Max Memory Used: 1 MB',
    'REPORT RequestId: 8f Duration: 1 ms Billed Duration: -2 ms Memory Size: 128 MB Max Memory Used: 1 MB',
    'Duration: 1 ms Billed Duration: 2 ms Memory Size: 128 MB Max Memory Used: 1 MB',
    '',
  ])('takes %j for no report', (line) => expect(parseReportLine(line)).toBeUndefined());
});

describe('JSON reports', () => {
  const record = {
    time: '2026-01-02T03:04:05.678Z',
    type: 'platform.report',
    record: {
      requestId: id,
      status: 'timeout',
      metrics: {
        durationMs: 14186.75,
        billedDurationMs: 14848,
        memorySizeMB: 10240,
        maxMemoryUsedMB: 900,
        initDurationMs: 660.76,
      },
      tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1-5e-9a;Parent=1b2c;Sampled=1' },
    },
  };
  const report = {
    requestId: id,
    durationMs: 14186.75,
    billedDurationMs: 14848,
    memoryMb: 10240,
    maxMemoryUsedMb: 900,
    initDurationMs: 660.76,
    status: 'timeout',
    xrayTraceId: '1-5e-9a',
  };

  it('reads platform.report, bare and after a prefix', () => {
    expect(parseReportLine(JSON.stringify(record))).toEqual(report);
    expect(parseReportLine(`2026-01-02 [stream]abc ${JSON.stringify(record)}\r`)).toEqual(report);
  });

  it('reads lines that an export wraps', () => {
    expect(parseReportLine(JSON.stringify({ timestamp: 1, message: JSON.stringify(record) }))).toEqual(report);
    const text = `REPORT RequestId: ${id}\tDuration: 1 ms\tBilled Duration: 1 ms\tMemory Size: 1 MB\tMax Memory Used: 1 MB\n`;
    expect(parseReportLine(JSON.stringify({ '@message': text }))).toMatchObject({ requestId: id, durationMs: 1 });
  });

  it('reads a text report beside braces of other meaning', () => {
    const text = `REPORT RequestId: ${id} Duration: 1 ms Billed Duration: 1 ms Memory Size: 1 MB Max Memory Used: 1 MB`;
    expect(parseReportLine(`{"stream":"a"} ${text}`)).toMatchObject({ requestId: id });
    expect(parseReportLine(`{stream} ${text}`)).toMatchObject({ requestId: id });
  });

  it('takes other platform events for no report', () => {
    expect(parseReportLine('{"type":"platform.start","record":{"x":"platform.report"}}')).toBeUndefined();
    expect(parseReportLine('{"type":"platform.report","record":{"requestId":"8f","metrics":{}}}')).toBeUndefined();
    expect(parseReportLine('{"message":"platform.report"}')).toBeUndefined();
  });
});

/** Reports as Lambda can write them: two decimals, whole megabytes. */
const reports: fc.Arbitrary<LambdaReport> = fc
  .record(
    {
      requestId: fc.uuid(),
      durationMs: fc.nat(90_000_000).map((hundredths) => hundredths / 100),
      billedDurationMs: fc.nat(900_000),
      memoryMb: fc.integer({ min: 128, max: 10_240 }),
      maxMemoryUsedMb: fc.nat(10_240),
      initDurationMs: fc.nat(1_000_000).map((hundredths) => hundredths / 100),
      restoreDurationMs: fc.nat(1_000_000).map((hundredths) => hundredths / 100),
      status: fc.constantFrom('error', 'timeout'),
      errorType: fc.constantFrom('Runtime.ExitError', 'Runtime.OutOfMemory'),
    },
    { requiredKeys: ['requestId', 'durationMs', 'billedDurationMs', 'memoryMb', 'maxMemoryUsedMb'] },
  )
  .map((report) => report);

function writeText(report: LambdaReport, gap: string): string {
  const optional = [
    report.initDurationMs === undefined ? [] : [`Init Duration: ${report.initDurationMs.toFixed(2)} ms`],
    report.restoreDurationMs === undefined ? [] : [`Restore Duration: ${report.restoreDurationMs.toFixed(2)} ms`],
    report.status === undefined ? [] : [`Status: ${report.status}`],
    report.errorType === undefined ? [] : [`Error Type: ${report.errorType}`],
  ].flat();
  return [
    `REPORT RequestId: ${report.requestId}`,
    `Duration: ${report.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${report.billedDurationMs} ms`,
    `Memory Size: ${report.memoryMb} MB`,
    `Max Memory Used: ${report.maxMemoryUsedMb} MB`,
    ...optional,
    '',
  ].join(gap);
}

describe('fuzzing', () => {
  it('reads back every report, whatever parts its fields and whatever stands before it', () => {
    const prefix = fc.string().filter((text) => !/REPORT|platform\.report/.test(text));
    fc.assert(
      fc.property(reports, fc.constantFrom('\t', ' ', '  ', ' \t '), prefix, (report, gap, before) => {
        expect(parseReportLine(`${before}${writeText(report, gap)}`)).toEqual(report);
      }),
    );
  });

  it('reads back reports in JSON that is laid out over several lines, as escaped text or as an object in one', () => {
    const layouts = fc.constantFrom(2, 4, '\t');
    fc.assert(
      fc.property(reports, layouts, fc.constantFrom('message', '@message'), (report, layout, name) => {
        const text = JSON.stringify({ events: [{ [name]: writeText(report, '\t'), timestamp: 1 }] }, null, layout);
        expect(parseReportLines(text)).toEqual([report]);
      }),
    );
  });

  it('never throws and never invents figures, whatever the line', () => {
    const scrap = fc.constantFrom(
      'REPORT RequestId: ',
      'Duration: ',
      'Billed Duration: 1 ms',
      'Memory Size: 1 MB\t',
      'Max Memory Used: ',
      '{"type":"platform.report",',
      '{"message":"',
      '}',
      '\\t',
    );
    const line = fc.array(fc.oneof(scrap, fc.string({ unit: 'binary' }), fc.json())).map((parts) => parts.join(''));
    fc.assert(
      fc.property(line, (text) => {
        const report = parseReportLine(text);
        if (report === undefined) return;
        const figures = [report.durationMs, report.billedDurationMs, report.memoryMb, report.maxMemoryUsedMb];
        expect(figures.every((figure) => Number.isFinite(figure) && figure >= 0)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads a long hostile line in linear time', () => {
    const line = `REPORT RequestId: ${' '.repeat(200_000)}${'Duration: '.repeat(50_000)}`;
    expect(parseReportLine(line)).toBeUndefined();
  }, 2000);
});
