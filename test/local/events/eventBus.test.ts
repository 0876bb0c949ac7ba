import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventBus, type EventRule, type Happening } from '../../../local/events/eventBus.js';
import { eventPatternSchema, matchesPattern } from '../../../local/events/eventPattern.js';

let directory: string;
let delivered: { arn: string; event: object }[];
let faults: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-events-'));
  delivered = [];
  faults = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(fails = false): Promise<EventBus> {
  return EventBus.open({
    directory,
    accountId: '000000000000',
    region: 'us-east-1',
    deliver: async (arn, event) => {
      if (fails) throw new Error('nobody there');
      delivered.push({ arn, event });
    },
    onFault: (error) => faults.push(error),
  });
}

const rule: EventRule = {
  name: 'stopped',
  pattern: { source: ['aws.states'], detail: { status: ['ABORTED', 'TIMED_OUT'] } },
  isEnabled: true,
  targets: [{ id: 'one', arn: 'arn:one' }],
};
const happening = (status: string): Happening => ({
  source: 'aws.states',
  detailType: 'Step Functions Execution Status Change',
  resources: ['arn:execution'],
  detail: { status },
});

describe('the event bus', () => {
  it('delivers what matches, in the shape of EventBridge, also after a restart', async () => {
    await (await open()).put(rule);
    const bus = await open();
    bus.publish(happening('SUCCEEDED'));
    bus.publish(happening('ABORTED'));
    await expect.poll(() => delivered.length).toBe(1);
    expect(delivered).toEqual([
      {
        arn: 'arn:one',
        event: {
          version: '0',
          id: expect.any(String),
          'detail-type': 'Step Functions Execution Status Change',
          source: 'aws.states',
          account: '000000000000',
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          region: 'us-east-1',
          resources: ['arn:execution'],
          detail: { status: 'ABORTED' },
        },
      },
    ]);
  });

  it('delivers nothing by a rule that is disabled or removed', async () => {
    const bus = await open();
    await bus.put({ ...rule, isEnabled: false });
    bus.publish(happening('ABORTED'));
    await bus.put(rule);
    await bus.remove(rule.name);
    bus.publish(happening('ABORTED'));
    expect(delivered).toEqual([]);
  });

  it('tells of an event that could not be delivered', async () => {
    const bus = await open(true);
    await bus.put(rule);
    bus.publish(happening('TIMED_OUT'));
    await expect.poll(() => faults.map(String)).toEqual(['Error: nobody there']);
  });
});

describe('a pattern', () => {
  it.each([
    [{ a: ['x', 1] }, { a: 1 }, true],
    [{ a: ['x'] }, { a: 'y' }, false],
    [{ a: ['x'] }, {}, false],
    [{ a: { b: [null] } }, { a: { b: null } }, true],
    [{ a: { b: ['x'] } }, { a: 'x' }, false],
  ])('%j against %j', (pattern, event, expected) => {
    expect(matchesPattern(event, pattern)).toBe(expected);
  });

  it('with filters that are not known is refused', () => {
    expect(eventPatternSchema.safeParse({ a: [{ prefix: 'x' }] }).success).toBe(false);
    expect(eventPatternSchema.safeParse({ a: [] }).success).toBe(false);
  });
});
