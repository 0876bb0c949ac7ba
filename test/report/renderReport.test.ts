import { describe, expect, it } from 'vitest';
import { type ReportInput, renderReport } from '../../report/renderReport.js';
import { simulateRun } from './simulatedRun.js';

const six = simulateRun(6);
const withFailures = simulateRun(8, 2);
const thousand = simulateRun(1000);
const pageOfSix = renderReport(six);
const pageWithFailures = renderReport(withFailures);
const pageOfThousand = renderReport(thousand);

const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

/** What stands in the page for a reader: text without markup and style. */
const textOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ');

describe('renderReport', () => {
  it('gives the same page for the same run, also after others', () => {
    expect(renderReport(six) === pageOfSix).toBe(true);
  });

  it('has every part of a run that succeeded', () => {
    const text = textOf(pageOfSix);
    const { summary } = six;
    for (const part of [
      summary.runId,
      'Succeeded',
      summary.resultPrefix,
      'Timeline',
      'failed attempt',
      'cold start',
      'Ranks were queued',
      'Mean time of a request at each rank',
      'First to last',
      'Barrier wait of 6 ranks',
      'the others waited for it',
      'Stragglers, slower than 1.5 times the median: rank 4',
      'Stages',
      'By wall time',
      'Sum over ranks',
      'Peak resident memory',
      'Try 2,432 MB',
      'NMAD',
      'Scaled errors by true value',
      '3 samples have NaN',
      '17, 401, 1190',
      'Lambda compute, ranks',
      'measured',
      'estimated',
      'max-memory-used',
      'REPORT lines were found',
      'The statistics that the ranks reduced among themselves equal',
      'onnxruntime 1.30.0',
      's3://survey/results/2026-01-02/7/combined_data.json',
      '&quot;batch_size&quot;: 256',
    ]) {
      expect([part, text.includes(part)]).toEqual([part, true]);
    }
    expect(text.match(/NaN (ms|s|MB)|undefined|Infinity|\[object/)).toBeNull();
  });

  it('shows retries however many ranks there are', () => {
    expect(textOf(pageOfThousand)).toContain('Retried ranks, then the slowest');
    const { summary, ...rest } = thousand;
    expect(textOf(renderReport({ summary, ...rest, attempts: [] }))).toContain('The slowest ranks');
  });

  it('says what a summary of an earlier version does not tell', () => {
    const { summary } = six;
    const rows = summary.rows.map(({ s3: _, ...row }) => row);
    const text = textOf(renderReport({ summary: { ...summary, rows }, payload: undefined, versions: {} }));
    expect(text).toContain('Payload Not recorded. Versions Not recorded.');
    expect(text).not.toContain('S3 request');
  });

  it('names ranks that failed and why', () => {
    const text = textOf(pageWithFailures);
    expect(text).toContain('2 ranks failed');
    expect(text).toContain(
      'CorruptPartitionError: s3://survey/data/5.pt: the zip directory at byte 5242880 is cut short.',
    );
    expect(textOf(pageOfSix)).not.toContain('ranks failed');
  });

  it('stays under 2 MB for 1,000 ranks and says what it leaves out beyond', () => {
    expect(Buffer.byteLength(pageOfThousand)).toBeLessThan(2_000_000);
    expect(textOf(pageOfThousand)).toContain('Every rank that delivered');

    const rows = Array.from({ length: 10_000 }, (_, rank) => ({ ...thousand.summary.rows[rank % 1000], rank }));
    const cut = renderReport({ ...thousand, summary: { ...thousand.summary, rows }, spans: [], attempts: [] });
    expect(Buffer.byteLength(cut)).toBeLessThan(2_000_000);
    expect(textOf(cut)).toContain('The 1,000 slowest ranks; summary.json has every rank');
  });

  it('fetches nothing and runs nothing', () => {
    for (const page of [pageOfSix, pageOfThousand]) {
      expect(page.match(/https?:|\/\/\w+\.\w+\/|url\(|@import|<script|<link|<img|<iframe|\bon\w+=/i)).toBeNull();
      expect(page).toContain('default-src &#39;none&#39;');
    }
  });

  it('escapes every text that comes from outside', () => {
    const hostile = '</style><script>alert("x")</script><img src=x onerror=alert(1)>\'"&';
    const { summary } = withFailures;
    const input: ReportInput = {
      ...withFailures,
      payload: { ...withFailures.payload, data_prefix: hostile, params: { [hostile]: hostile } },
      versions: { [hostile]: hostile },
      summary: {
        ...summary,
        runId: hostile,
        resultPrefix: hostile,
        ranks: { ...summary.ranks, failed: [{ rank: 6, attempts: 3, cause: hostile }] },
        nonFinite: { count: 1, partitions: [{ name: hostile, count: 1, firstSamples: [0] }] },
        collectives: {
          channel: hostile,
          reason: hostile,
          status: 'failed',
          failed: [{ rank: 1, cause: hostile }],
          agrees: false,
        },
        bill: {
          ...summary.bill,
          region: hostile,
          architecture: hostile,
          notes: [hostile],
          lines: summary.bill.lines.map((line) => ({ ...line, description: hostile, unit: hostile, note: hostile })),
          otherEstimates: [{ label: hostile, usd: 1, note: hostile }],
        },
        files: {
          combinedData: hostile,
          summary: hostile,
          report: hostile,
          predictions: [hostile],
          furtherOutputs: [hostile],
        },
      },
    };
    const page = renderReport(input);
    expect(page.match(/<script|<img/i)).toBeNull();
    expect(count(page, /<\/style>/g)).toBe(1);
    expect(count(page, /&lt;script&gt;/g)).toBeGreaterThan(20);
    expect(textOf(page)).toContain('DIFFER');
  });

  it('puts a table behind every picture, and a label on it', () => {
    expect(count(pageOfSix, /<figure>/g)).toBe(7);
    expect(count(pageOfSix, /<\/figure>\s*<details>/g)).toBe(7);
    expect(count(pageOfSix, /<svg/g)).toBe(count(pageOfSix, /<svg viewBox="[^"]+" role="img" aria-label="[^"]+">/g));
  });

  it('balances its tags', () => {
    for (const page of [pageWithFailures, pageOfThousand]) {
      for (const tag of [
        'svg',
        'g',
        'text',
        'table',
        'tbody',
        'tr',
        'td',
        'th',
        'section',
        'figure',
        'div',
        'dl',
        'dt',
        'dd',
      ]) {
        expect([tag, count(page, new RegExp(`<${tag}[ >]`, 'g'))]).toEqual([
          tag,
          count(page, new RegExp(`</${tag}>`, 'g')),
        ]);
      }
    }
  });

  it('leaves out what a run does not have', () => {
    const { summary } = six;
    const bare: ReportInput = {
      payload: six.payload,
      versions: {},
      summary: {
        ...summary,
        status: 'FAILED',
        rows: [],
        throughput: null,
        rankTimes: null,
        quality: null,
        nonFinite: { count: 0, partitions: [] },
        ranks: { expected: 6, succeeded: 0, failed: [] },
        collectives: { channel: 'none', reason: 'asked for', status: 'none', failed: [], agrees: null },
      },
    };
    const page = renderReport(bare);
    expect(textOf(page)).toContain('Failed');
    expect([...page.matchAll(/<h2 id="([^"]+)"/g)].map(([, id]) => id)).toEqual([
      'bill',
      'collectives',
      'files',
      'payload',
      'versions',
    ]);
  });

  it('shows predictions of any shape: none finite, one, all equal', () => {
    const single = (predicted: number[], truth: number[]) =>
      renderReport({ ...six, pairs: { predicted: Float32Array.from(predicted), truth: Float32Array.from(truth) } });
    expect(textOf(single([Number.NaN], [1]))).not.toContain('Scaled errors by true value');
    expect(textOf(single([1], [1]))).toContain('1 samples;');
    for (const page of [single([1], [1]), single([2, 2, 2], [2, 2, 2]), single([0, 1], [-1, 5])]) {
      expect(page.match(/="[^"]*(NaN|Infinity)/)).toBeNull();
    }
  });
});
