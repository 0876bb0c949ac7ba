import { CloudWatchLogsClient, GetLogEventsCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { boundaryOf, InvocationFilter, InvocationLog } from '../../../cli/logs/invocationLog.js';

const line = (message: string, timestampMs = 0) => ({ timestampMs, message });
const invocation = (id: string, ...said: string[]) =>
  [
    `START RequestId: ${id} Version: $LATEST`,
    ...said,
    `END RequestId: ${id}`,
    `REPORT RequestId: ${id}\tDuration: 1 ms`,
  ].map((message) => line(message));
const stream = [
  line('INIT_START Runtime Version: nodejs:22'),
  ...invocation('one', 'a'),
  ...invocation('two', 'b', 'c'),
  ...invocation('three', 'd'),
];

describe('one invocation in the log of its environment', () => {
  it('is picked out', () => {
    const filter = new InvocationFilter('two');
    expect(filter.pick(stream)).toEqual(invocation('two', 'b', 'c'));
    expect(filter.complete).toBe(true);
  });

  it('has the start of its environment when it was the first', () => {
    expect(new InvocationFilter('one').pick(stream)).toEqual([stream[0], ...invocation('one', 'a')]);
  });

  it('is the same however its lines arrive', () => {
    fc.assert(
      fc.property(fc.constantFrom('one', 'two', 'three'), fc.array(fc.nat({ max: 5 })), (id, sizes) => {
        const filter = new InvocationFilter(id);
        const picked: unknown[] = [];
        let start = 0;
        for (const size of [...sizes, stream.length]) {
          picked.push(...filter.pick(stream.slice(start, start + size)));
          start += size;
        }
        expect(picked).toEqual(new InvocationFilter(id).pick(stream));
      }),
    );
  });

  it('is not complete without its REPORT line', () => {
    const filter = new InvocationFilter('three');
    filter.pick(stream.slice(0, -1));
    expect(filter.complete).toBe(false);
  });

  it.each([
    ['START RequestId: abc Version: $LATEST', { kind: 'start', requestId: 'abc' }],
    ['REPORT RequestId: abc\tDuration: 5 ms', { kind: 'report', requestId: 'abc' }],
    ['{"time":"t","type":"platform.start","record":{"requestId":"abc"}}', { kind: 'start', requestId: 'abc' }],
    ['{"time":"t","type":"platform.report","record":{"requestId":"abc"}}', { kind: 'report', requestId: 'abc' }],
    ['the user said START RequestId: abc', undefined],
    ['END RequestId: abc', undefined],
  ])('%s', (message, expected) => expect(boundaryOf(message)).toEqual(expected));
});

describe('reading it', () => {
  const logs = mockClient(CloudWatchLogsClient);
  const source = { logGroup: '/aws/lambda/f', logStream: 's', requestId: 'two', startedAtMs: 100_000 };
  const events = stream.map(({ message }) => ({ message: `${message}\n`, timestamp: 5 }));
  beforeEach(() => logs.reset());

  it('follows the pages and goes on from where it stopped', async () => {
    logs.on(GetLogEventsCommand).resolves({ events: events.slice(0, 6), nextForwardToken: 'f/6' });
    logs.on(GetLogEventsCommand, { nextToken: 'f/6' }).resolvesOnce({ events: [], nextForwardToken: 'f/6' });
    const log = new InvocationLog(new CloudWatchLogsClient({}), source);
    expect((await log.readNew()).map(({ message }) => message)).toEqual(['START RequestId: two Version: $LATEST']);
    expect(log.complete).toBe(false);

    logs.on(GetLogEventsCommand, { nextToken: 'f/6' }).resolves({ events: events.slice(6), nextForwardToken: 'f/end' });
    expect((await log.readNew()).map(({ message }) => message)).toEqual([
      'b',
      'c',
      'END RequestId: two',
      'REPORT RequestId: two\tDuration: 1 ms',
    ]);
    expect(log.complete).toBe(true);
    const first = logs.commandCalls(GetLogEventsCommand)[0].args[0].input;
    expect(first).toMatchObject({
      logGroupName: '/aws/lambda/f',
      logStreamName: 's',
      startTime: 40_000,
      startFromHead: true,
    });
  });

  it('finds nothing while there is no stream yet', async () => {
    logs.on(GetLogEventsCommand).rejects(new ResourceNotFoundException({ message: 'no', $metadata: {} }));
    expect(await new InvocationLog(new CloudWatchLogsClient({}), source).readNew()).toEqual([]);
  });
});
