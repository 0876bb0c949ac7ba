import { DescribeQueriesCommand, StartQueryCommand, StopQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LogsFixture } from './logsFixture.js';

const group = '/app/one';

let logs: LogsFixture;
beforeAll(async () => {
  logs = await LogsFixture.start();
  await logs.put(group, 'stream', ['one line']);
});
afterAll(() => logs.close());

describe('a query that cannot be run', () => {
  test.each<[string, RegExp]>([
    ['', /Expected a command at line 1, column 1/],
    ['pattern @message', /Unknown or unsupported command at line 1, column 1 \("pattern"\)/],
    ['fields a |', /Expected a command/],
    ['fields a b', /Unexpected symbol or word .*column 10/],
    ['filter a =', /Unexpected end of the query/],
    ['filter a = 1\n| sort by', /Unexpected keyword at line 2, column 8 \("by"\)/],
    ['filter median2(a)', /Unknown or unsupported function/],
    ['filter sum(a) > 1', /can only be used in stats/],
    ['stats a by b', /Expected an aggregate/],
    ['stats sum(a, b)', /sum takes 1/],
    ['stats sum(max(a))', /can only be used in stats/],
    ['stats count(*) by bin(1mo)', /Unsupported period/],
    ['parse @message "a * b *" as one', /as many \* as there are names/],
    ['parse @message /(\\d+)/', /named groups/],
    ['filter a like /(/', /Invalid regular expression/],
    ['filter a like 5', /Expected a text or a regular expression/],
    ['limit 0', /from 1 to 10000/],
    ['limit 10001', /from 1 to 10000/],
    ['fields a ; b', /Unexpected character/],
    ['filter a in []', /Unexpected symbol/],
    ['display', /Unexpected end/],
  ])('%s', async (query, message) => {
    const failure = await logs.query(query, group).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'MalformedQueryException',
      message: expect.stringMatching(message),
      queryCompileError: { location: { startCharOffset: expect.any(Number), endCharOffset: expect.any(Number) } },
    });
  });

  test('because of its group, its time or its language', async () => {
    const query = { queryString: 'fields a', startTime: 0, endTime: 1 };
    const run = (input: Partial<ConstructorParameters<typeof StartQueryCommand>[0]>) =>
      logs.client.send(new StartQueryCommand({ ...query, ...input }));
    await expect(run({ logGroupName: '/nowhere' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(run({})).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(run({ logGroupName: group, startTime: Date.now(), endTime: Date.now() })).rejects.toMatchObject({
      message: expect.stringContaining('seconds'),
    });
    await expect(run({ logGroupName: group, queryLanguage: 'SQL' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test('cannot be stopped when it has ended', async () => {
    await logs.query('stats count(*)', group);
    const { queries } = await logs.client.send(new DescribeQueriesCommand({ status: 'Complete', maxResults: 1 }));
    const stop = logs.client.send(new StopQueryCommand({ queryId: queries?.[0]?.queryId }));
    await expect(stop).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});
