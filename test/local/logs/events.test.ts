import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateDescribeLogStreams,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogsFixture } from './logsFixture.js';

let logs: LogsFixture;
beforeEach(async () => {
  logs = await LogsFixture.start();
});
afterEach(() => logs.close());

const logGroupName = '/aws/lambda/demo';
const logStreamName = '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef';

async function messages(group: string, filterPattern?: string): Promise<(string | undefined)[]> {
  const { events } = await logs.client.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern }));
  return (events ?? []).map(({ message }) => message);
}

describe('groups and streams', () => {
  test('are made, described, given a retention, and deleted', async () => {
    for (const name of ['/b', '/a/two', '/a/one'])
      await logs.client.send(new CreateLogGroupCommand({ logGroupName: name }));
    await expect(logs.client.send(new CreateLogGroupCommand({ logGroupName: '/b' }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await logs.client.send(new PutRetentionPolicyCommand({ logGroupName: '/a/one', retentionInDays: 7 }));
    const { logGroups, nextToken } = await logs.client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/a', limit: 1 }),
    );
    expect(logGroups).toMatchObject([
      { logGroupName: '/a/one', retentionInDays: 7, arn: 'arn:aws:logs:us-east-1:000000000000:log-group:/a/one:*' },
    ]);
    const rest = await logs.client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/a', nextToken }));
    expect(rest.logGroups?.map((group) => group.logGroupName)).toEqual(['/a/two']);
    await logs.client.send(new DeleteLogGroupCommand({ logGroupName: '/b' }));
    await expect(logs.client.send(new DeleteLogGroupCommand({ logGroupName: '/b' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
    await expect(
      logs.client.send(new PutRetentionPolicyCommand({ logGroupName: '/a/one', retentionInDays: 8 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('streams page, by name and by their last event', async () => {
    const start = Date.now();
    for (const [n, name] of ['c', 'a', 'b'].entries()) await logs.put(logGroupName, name, ['x', 'y'], start - 1000 * n);
    const names: (string | undefined)[] = [];
    for await (const { logStreams } of paginateDescribeLogStreams(
      { client: logs.client, pageSize: 2 },
      { logGroupName },
    ))
      names.push(...(logStreams ?? []).map((stream) => stream.logStreamName));
    expect(names).toEqual(['a', 'b', 'c']);
    const { logStreams } = await logs.client.send(
      new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime', descending: true }),
    );
    expect(logStreams?.map((stream) => stream.logStreamName)).toEqual(['c', 'a', 'b']);
    expect(logStreams?.[0]).toMatchObject({ firstEventTimestamp: start, lastEventTimestamp: start + 1 });
  });
});

describe('PutLogEvents', () => {
  test('refuses what the real service refuses', async () => {
    await logs.client.send(new CreateLogGroupCommand({ logGroupName }));
    const now = Date.now();
    const put = (logEvents: { timestamp: number; message: string }[]) =>
      logs.client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    await expect(put([{ timestamp: now, message: 'x' }])).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await logs.client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    await expect(
      put([
        { timestamp: now, message: 'x' },
        { timestamp: now - 1, message: 'y' },
      ]),
    ).rejects.toMatchObject({ name: 'InvalidParameterException', message: expect.stringContaining('chronological') });
    await expect(put([{ timestamp: now, message: 'x'.repeat(1_048_576) }])).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    const day = 86_400_000;
    const old = await put([
      { timestamp: now - 14 * day - 60_000, message: 'too old' },
      { timestamp: now - 14 * day + 60_000, message: 'old' },
    ]);
    expect(old.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    const early = await put([
      { timestamp: now, message: 'now' },
      { timestamp: now + 3 * 3_600_000, message: 'too new' },
    ]);
    expect(early.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 });
    expect(await messages(logGroupName)).toEqual(['old', 'now']);
  });
});

describe('GetLogEvents', () => {
  const read = async (options: {
    nextToken?: string;
    limit?: number;
    startFromHead?: boolean;
    startTime?: number;
    endTime?: number;
  }) => {
    const { events, nextForwardToken, nextBackwardToken } = await logs.client.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, ...options }),
    );
    return { messages: events?.map(({ message }) => message), forward: nextForwardToken, backward: nextBackwardToken };
  };

  test('goes forward from the head, waits at the end, and goes on when more arrives', async () => {
    await logs.put(logGroupName, logStreamName, ['1', '2', '3']);
    const first = await read({ startFromHead: true, limit: 2 });
    expect(first.messages).toEqual(['1', '2']);
    const second = await read({ nextToken: first.forward, limit: 2 });
    expect(second.messages).toEqual(['3']);
    const end = await read({ nextToken: second.forward });
    expect(end).toMatchObject({ messages: [], forward: second.forward });
    await logs.put(logGroupName, logStreamName, ['4'], Date.now() + 100);
    expect((await read({ nextToken: end.forward })).messages).toEqual(['4']);
    expect((await read({ nextToken: second.backward })).messages).toEqual(['1', '2']);
  });

  test('gives the latest first where nothing is said, and goes backward', async () => {
    await logs.put(logGroupName, logStreamName, ['1', '2', '3', '4', '5']);
    const last = await read({ limit: 2 });
    expect(last.messages).toEqual(['4', '5']);
    const before = await read({ nextToken: last.backward, limit: 2 });
    expect(before.messages).toEqual(['2', '3']);
    const start = await read({ nextToken: before.backward, limit: 2 });
    expect(start.messages).toEqual(['1']);
    expect(await read({ nextToken: start.backward })).toMatchObject({ messages: [], backward: start.backward });
  });

  test('keeps to the time range, the end exclusive', async () => {
    const start = Date.now();
    await logs.put(logGroupName, logStreamName, ['0', '1', '2', '3'], start);
    const range = { startTime: start + 1, endTime: start + 3 };
    expect((await read(range)).messages).toEqual(['1', '2']);
    expect((await read({ ...range, startFromHead: true })).messages).toEqual(['1', '2']);
    expect((await read({ startTime: start + 9 })).messages).toEqual([]);
    await expect(read({ nextToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('orders events by time that arrived out of order, over many blocks', async () => {
    const start = Date.now() - 60_000;
    const text = 'x'.repeat(500);
    const batches = [3, 1, 2, 0].map((batch) => Array.from({ length: 300 }, (_, n) => `${batch * 300 + n} ${text}`));
    for (const [n, batch] of [3, 1, 2, 0].entries())
      await logs.put(logGroupName, logStreamName, batches[n] ?? [], start + batch * 300);
    const forward: number[] = [];
    for (let token: string | undefined; ; ) {
      const page = await read({ startFromHead: true, limit: 70, nextToken: token });
      if (page.messages?.length === 0) break;
      forward.push(...(page.messages ?? []).map((message) => Number.parseInt(message ?? '', 10)));
      token = page.forward;
    }
    expect(forward).toEqual(Array.from({ length: 1200 }, (_, n) => n));
    const backward: number[] = [];
    for (let token: string | undefined; ; ) {
      const page = await read({ limit: 90, nextToken: token });
      if (page.messages?.length === 0) break;
      backward.unshift(...(page.messages ?? []).map((message) => Number.parseInt(message ?? '', 10)));
      token = page.backward;
    }
    expect(backward).toEqual(forward);
  });
});

describe('FilterLogEvents', () => {
  test('interleaves streams by time and pages without loss', async () => {
    const start = Date.now();
    for (let stream = 0; stream < 5; stream++)
      await logs.put(
        logGroupName,
        `stream-${stream}`,
        Array.from({ length: 40 }, (_, n) => `${n} of ${stream}`),
        start,
      );
    const seen: string[] = [];
    const ids = new Set<string | undefined>();
    for await (const { events } of paginateFilterLogEvents({ client: logs.client, pageSize: 33 }, { logGroupName }))
      for (const { message, eventId } of events ?? []) {
        seen.push(message ?? '');
        ids.add(eventId);
      }
    const expected = Array.from({ length: 40 }, (_, n) => [0, 1, 2, 3, 4].map((stream) => `${n} of ${stream}`)).flat();
    expect(seen).toEqual(expected);
    expect(ids.size).toBe(200);
    const one = await logs.client.send(
      new FilterLogEventsCommand({
        logGroupIdentifier: `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}:*`,
        logStreamNames: ['stream-3'],
        startTime: start + 5,
        endTime: start + 6,
      }),
    );
    expect(one.events?.map(({ message }) => message)).toEqual(['5 of 3', '6 of 3']);
    const prefixed = await logs.client.send(
      new FilterLogEventsCommand({ logGroupName, logStreamNamePrefix: 'stream-4', filterPattern: '"39 of"' }),
    );
    expect(prefixed.events).toMatchObject([{ logStreamName: 'stream-4', message: '39 of 4' }]);
  });

  test('an unsupported pattern is an error', async () => {
    await logs.put(logGroupName, 's', ['x']);
    await expect(messages(logGroupName, '[a, b]')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining('space-delimited'),
    });
  });
});

describe('what is on disk', () => {
  test('is read by the next process, whole lines of it', async () => {
    await logs.put(logGroupName, logStreamName, ['first', 'second\nwith a line break', 'ünïcödé']);
    await logs.client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }));
    await logs.stop();
    const [group = ''] = await readdir(logs.folder);
    const file = (await readdir(join(logs.folder, group))).find((name) => name.endsWith('.jsonl')) ?? '';
    await appendFile(join(logs.folder, group, file), '[1700000000000,17000');
    logs = await LogsFixture.start(logs.folder);
    expect(await messages(logGroupName)).toEqual(['first', 'second\nwith a line break', 'ünïcödé']);
    await logs.put(logGroupName, logStreamName, ['third'], Date.now() + 10);
    expect(await messages(logGroupName)).toEqual(['first', 'second\nwith a line break', 'ünïcödé', 'third']);
    const { logGroups } = await logs.client.send(new DescribeLogGroupsCommand({}));
    expect(logGroups).toMatchObject([{ logGroupName, retentionInDays: 30 }]);
    expect(await logs.rows('stats count(*) as n', logGroupName)).toEqual([{ n: '4' }]);
  });

  test('takes what many writers append at the same time, each stream in order', async () => {
    const { sink } = logs.service;
    await Promise.all(
      Array.from({ length: 20 }, async (_, stream) => {
        for (let n = 0; n < 20; n++)
          await sink.append(logGroupName, `s${stream % 10}`, [{ timestampMs: Date.now(), message: `${stream} ${n}` }]);
      }),
    );
    const all = await messages(logGroupName);
    expect(all).toHaveLength(400);
    for (let stream = 0; stream < 20; stream++)
      expect(all.filter((message) => message?.startsWith(`${stream} `))).toEqual(
        Array.from({ length: 20 }, (_, n) => `${stream} ${n}`),
      );
  });

  test('is made anew by a writer whose group was deleted', async () => {
    const { sink } = logs.service;
    await sink.append(logGroupName, 's', [{ timestampMs: Date.now(), message: 'old' }]);
    const deleted = logs.client.send(new DeleteLogGroupCommand({ logGroupName }));
    const written = Array.from({ length: 50 }, (_, n) =>
      sink.append(logGroupName, 's', [{ timestampMs: Date.now(), message: `new ${n}` }]),
    );
    await Promise.all([deleted, ...written]);
    await sink.append(logGroupName, 's', [{ timestampMs: Date.now(), message: 'last' }]);
    const found = await messages(logGroupName);
    expect(found.at(-1)).toBe('last');
    expect(new Set(found).size).toBe(found.length);
  });
});

describe('a request', () => {
  test('without a signature is refused', async () => {
    const response = await fetch(logs.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Logs_20140328.DescribeLogGroups', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  test('lists every fault of its parameters', async () => {
    const bad = logs.client.send(
      new FilterLogEventsCommand({ logGroupName: 'not a name!', limit: 20_000, startTime: -1 }),
    );
    await expect(bad).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(/logGroupName.*limit/s),
    });
  });
});
