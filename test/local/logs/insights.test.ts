import { DescribeQueriesCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Queries } from '../../../local/logs/insights/queries.js';
import { LogStore } from '../../../local/logs/store/logStore.js';
import { LogsFixture } from './logsFixture.js';

const lambdaGroup = '/aws/lambda/executor';
const jsonGroup = '/app/json';
const numberGroup = '/app/numbers';
const start = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function report(n: number, durationMs: number, initMs?: number): string {
  const init = initMs === undefined ? '' : `Init Duration: ${initMs} ms\t`;
  const billed = Math.ceil(durationMs + (initMs ?? 0));
  return `REPORT RequestId: ${id(n)}\tDuration: ${durationMs} ms\tBilled Duration: ${billed} ms\tMemory Size: 1769 MB\tMax Memory Used: ${100 + n} MB\t${init}\n`;
}

let logs: LogsFixture;
beforeAll(async () => {
  logs = await LogsFixture.start();
  for (const stream of [0, 1]) {
    const [first, second] = [2 * stream + 1, 2 * stream + 2];
    await logs.put(
      lambdaGroup,
      `2026/01/01/[$LATEST]${stream}`,
      [
        'INIT_START Runtime Version: nodejs:22.v1\n',
        `START RequestId: ${id(first)} Version: $LATEST\n`,
        `2026-01-01T00:00:00.000Z\t${id(first)}\tINFO\trank=${first} samples=100 file=part-${first}.pt\n`,
        `END RequestId: ${id(first)}\n`,
        report(first, 1000 * first, 250.5),
        `START RequestId: ${id(second)} Version: $LATEST\n`,
        `2026-01-01T00:00:00.000Z\t${id(second)}\tERROR\tcannot read part-${second}.pt {"rank":${second},"cause":{"code":"TRUNCATED","at":[1,7]}}\n`,
        report(second, 1000 * second + 0.5),
      ],
      start + stream * 300_000,
    );
  }
  await logs.put(
    jsonGroup,
    'one',
    [
      { level: 'INFO', rank: 0, time: { total: 1.5 }, 'dotted.name': 'x' },
      { level: 'INFO', rank: 1, time: { total: 2.5 }, ok: true },
      { level: 'WARN', rank: 2, list: ['a', { b: 'deep' }], empty: '' },
      { level: 'ERROR', rank: 10, text: 'ünïcode & "quotes"' },
    ].map((document) => JSON.stringify(document)),
    start,
  );
  await logs.put(
    numberGroup,
    'one',
    Array.from({ length: 100 }, (_, n) => `value ${n + 1}`),
    start,
  );
});
afterAll(() => logs.close());

describe('Lambda logs', () => {
  test('give up what a bill needs', async () => {
    const rows = await logs.rows(
      'filter @type = "REPORT" | fields @requestId, @billedDuration, @duration, @initDuration, @memorySize / 1000000 as mb, @maxMemoryUsed | sort @requestId',
      lambdaGroup,
    );
    expect(rows).toEqual([
      {
        '@requestId': id(1),
        '@billedDuration': '1251',
        '@duration': '1000',
        '@initDuration': '250.5',
        mb: '1769',
        '@maxMemoryUsed': '101000000',
      },
      {
        '@requestId': id(2),
        '@billedDuration': '2001',
        '@duration': '2000.5',
        mb: '1769',
        '@maxMemoryUsed': '102000000',
      },
      {
        '@requestId': id(3),
        '@billedDuration': '3251',
        '@duration': '3000',
        '@initDuration': '250.5',
        mb: '1769',
        '@maxMemoryUsed': '103000000',
      },
      {
        '@requestId': id(4),
        '@billedDuration': '4001',
        '@duration': '4000.5',
        mb: '1769',
        '@maxMemoryUsed': '104000000',
      },
    ]);
  });

  test('answer the sample query of the console for over-provisioned memory', async () => {
    const rows = await logs.rows(
      `filter @type = "REPORT"
      | stats max(@memorySize / 1000 / 1000) as provisionedMemoryMB,
          min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB,
          avg(@maxMemoryUsed / 1000 / 1000) as avgMemoryUsedMB,
          max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB,
          provisionedMemoryMB - maxMemoryUsedMB as overProvisionedMB`,
      lambdaGroup,
    );
    expect(rows).toEqual([
      {
        provisionedMemoryMB: '1769',
        smallestMemoryRequestMB: '101',
        avgMemoryUsedMB: '102.5',
        maxMemoryUsedMB: '104',
        overProvisionedMB: '1665',
      },
    ]);
  });

  test('are grouped by kind and by time', async () => {
    expect(await logs.rows('stats count(*) as lines by @type | sort @type', lambdaGroup)).toEqual([
      { lines: '4' },
      { '@type': 'END', lines: '2' },
      { '@type': 'INIT_START', lines: '2' },
      { '@type': 'REPORT', lines: '4' },
      { '@type': 'START', lines: '4' },
    ]);
    const bins = await logs.rows(
      'filter @type = "REPORT" | stats sum(@billedDuration) as ms by bin(5m) as at | sort at desc',
      lambdaGroup,
    );
    expect(bins.map(({ ms }) => ms)).toEqual(['7252', '3252']);
    expect(bins[0]?.at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d[05]:00\.000$/);
  });

  test('tell lines of one request, and the JSON within a line', async () => {
    expect(await logs.rows(`filter @requestId = "${id(2)}" | stats count(*)`, lambdaGroup)).toEqual([
      { 'count(*)': '3' },
    ]);
    expect(
      await logs.rows('filter cause.code = "TRUNCATED" and rank > 2 | fields rank, cause.at.1', lambdaGroup),
    ).toEqual([{ rank: '4', 'cause.at.1': '7' }]);
  });

  test('are parsed by globs and by regular expressions', async () => {
    expect(
      await logs.rows(
        'parse @message "rank=* samples=* file=*" as rank, samples, file | filter ispresent(file) | display rank, file | sort rank',
        lambdaGroup,
      ),
    ).toEqual([
      { rank: '1', file: 'part-1.pt\n' },
      { rank: '3', file: 'part-3.pt\n' },
    ]);
    expect(
      await logs.rows(
        'parse /part-(?<part>\\d+)\\.(?<kind>\\w+)/ | stats count_distinct(part) as parts by kind | filter parts > 0',
        lambdaGroup,
      ),
    ).toEqual([{ kind: 'pt', parts: '4' }]);
  });
});

describe('JSON logs', () => {
  test('have fields by dotted path', async () => {
    const rows = await logs.rows('fields rank, time.total, dotted.name, list.1.b, ok | sort rank', jsonGroup);
    expect(rows).toEqual([
      { rank: '0', 'time.total': '1.5', 'dotted.name': 'x' },
      { rank: '1', 'time.total': '2.5', ok: 'true' },
      { rank: '2', 'list.1.b': 'deep' },
      { rank: '10' },
    ]);
  });

  test.each<[string, string]>([
    ['level = "INFO"', '0 1'],
    ["level != 'INFO'", '2 10'],
    ['rank >= 2', '2 10'],
    ['rank < 2 and not (rank = 0)', '1'],
    ['level = "ERROR" or rank = 0', '0 10'],
    ['level = "ERROR" or rank = 0 and ok', '10'],
    ['level like "RR"', '10'],
    ['level like /^(W|E)/', '2 10'],
    ['level like /(?i)^info$/', '0 1'],
    ['level =~ /O$/', '0 1'],
    ['level not like "O"', '2'],
    ['level in ["WARN", "ERROR"]', '2 10'],
    ['level not in ["WARN", "ERROR"]', '0 1'],
    ['rank in [1, 10]', '1 10'],
    ['ispresent(time.total)', '0 1'],
    ['not ispresent(time.total)', '2 10'],
    ['isempty(empty) and ispresent(empty)', '2'],
    ['time.total * 2 - 1 = 4', '1'],
    ['2 ^ rank = 4 or rank % 4 = 2', '2 10'],
    ['-rank < -5', '10'],
    ['strlen(level) = 5', '10'],
    ['tolower(concat(level, "-", rank)) = "warn-2"', '2'],
    ['substr(level, 1, 2) = "RR"', '10'],
    ['replace(level, "R", "") = "EO"', '10'],
    ['strcontains(text, "quotes") = 1', '10'],
    ['coalesce(time.total, rank) > 2', '1 10'],
    ['floor(time.total) = 1 or ceil(time.total) = 3', '0 1'],
    ['greatest(rank, 3) = 3 and least(rank, 1) = 1', '1 2'],
    ['`dotted.name` = "x"', '0'],
    ['@logStream = "one" and @log = "000000000000:/app/json" and rank = 0', '0'],
    ['toMillis(@timestamp) > 0 and @timestamp >= @timestamp - 1 and rank = 0', '0'],
    ['datefloor(@timestamp, 1h) <= dateceil(@timestamp, 1h) and rank = 0', '0'],
    ['rank / 0 = 1', ''],
  ])('filter %s', async (condition, expected) => {
    const rows = await logs.rows(`filter ${condition} | fields rank | sort rank # a comment`, jsonGroup);
    expect(rows.map(({ rank }) => rank).join(' ')).toBe(expected);
  });
});

describe('stats', () => {
  test('compute every aggregate', async () => {
    const [row] = await logs.rows(
      `parse "value *" as value
      | stats count(value), sum(value), avg(value), min(value), max(value), pct(value, 95), median(value), stddev(value),
          count_distinct(value % 3), earliest(value), latest(value), sortsFirst(value), sortsLast(value), sum(value) / count(*) as mean`,
      numberGroup,
    );
    expect(row).toEqual({
      'count(value)': '100',
      'sum(value)': '5050',
      'avg(value)': '50.5',
      'min(value)': '1',
      'max(value)': '100',
      'pct(value, 95)': '95',
      'median(value)': '50',
      'stddev(value)': String(Math.sqrt((100 ** 2 - 1) / 12)),
      'count_distinct(value % 3)': '3',
      'earliest(value)': '1',
      'latest(value)': '100',
      'sortsFirst(value)': '1',
      'sortsLast(value)': '100',
      mean: '50.5',
    });
  });

  test('count nothing where nothing matches, and make no groups then', async () => {
    expect(await logs.rows('filter @message = "none" | stats count(*) as n, sum(x) as s', numberGroup)).toEqual([
      { n: '0' },
    ]);
    expect(await logs.rows('filter @message = "none" | stats count(*) as n by x', numberGroup)).toEqual([]);
  });

  test('go on with what they found', async () => {
    expect(
      await logs.rows(
        `parse "value *" as value | stats sum(value) as total by floor(value / 10) as ten
        | filter ten > 7 | fields total / 10 as tenth | sort total desc | limit 2`,
        numberGroup,
      ),
    ).toEqual([
      { ten: '9', total: '945', tenth: '94.5' },
      { ten: '8', total: '845', tenth: '84.5' },
    ]);
    expect(
      await logs.rows(
        'parse "value *" as v | stats count(*) as n by v % 7 as r | stats max(n) as most, min(n) as least',
        numberGroup,
      ),
    ).toEqual([{ most: '15', least: '14' }]);
  });
});

describe('results', () => {
  test('are the latest first, with a pointer, and no more than the limit', async () => {
    const { results, statistics } = await logs.query('fields @message | limit 2', numberGroup);
    expect(results?.map((row) => row.map(({ field }) => field))).toEqual([
      ['@message', '@ptr'],
      ['@message', '@ptr'],
    ]);
    expect(results?.map(([field]) => field?.value)).toEqual(['value 100', 'value 99']);
    expect(statistics).toMatchObject({ recordsScanned: 100, recordsMatched: 100, bytesScanned: 792 });
    const standard = await logs.query('filter @message = "value 7"', numberGroup);
    expect(standard.results?.[0]?.map(({ field }) => field)).toEqual(['@timestamp', '@message', '@ptr']);
    expect(standard.statistics).toMatchObject({ recordsScanned: 100, recordsMatched: 1 });
  });

  test('without duplicates keep the first of each', async () => {
    expect(await logs.rows('sort rank | dedup level | fields level, rank', jsonGroup)).toEqual([
      { level: 'INFO', rank: '0' },
      { level: 'WARN', rank: '2' },
      { level: 'ERROR', rank: '10' },
    ]);
  });

  test('come from several groups, and from the asked time only', async () => {
    const both = await logs.rows('stats count(*) as n by @log | sort n', lambdaGroup, numberGroup);
    expect(both).toEqual([
      { '@log': `000000000000:${lambdaGroup}`, n: '16' },
      { '@log': `000000000000:${numberGroup}`, n: '100' },
    ]);
    const second = start / 1000;
    const { queryId } = await logs.client.send(
      new StartQueryCommand({
        logGroupIdentifiers: [`arn:aws:logs:us-east-1:000000000000:log-group:${lambdaGroup}`],
        queryString: 'stats count(*)',
        startTime: second,
        endTime: second + 299,
      }),
    );
    expect(queryId).toMatch(/^[0-9a-f-]{36}$/);
    const { queries } = await logs.client.send(new DescribeQueriesCommand({ logGroupName: lambdaGroup }));
    expect(queries?.[0]).toMatchObject({ queryId, queryString: 'stats count(*)' });
  });
});

test('a running query can be stopped', async () => {
  const store = await LogStore.open(logs.folder);
  const queries = new Queries('000000000000');
  const request = { text: 'stats count(*)', groups: [store.group(numberGroup)], startMs: 0, endMs: Date.now() };
  const query = queries.start(request);
  expect(query.status).toBe('Running');
  queries.stop(query.id);
  await queries.close();
  expect(query).toMatchObject({ status: 'Cancelled', results: [] });
});
