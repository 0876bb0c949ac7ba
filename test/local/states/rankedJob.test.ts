import { ListExecutionsCommand, ListMapRunsCommand } from '@aws-sdk/client-sfn';
import { afterEach, expect, it } from 'vitest';
import { rankedJob } from './definitions/rankedJob.js';
import type { FakeFunction } from './fakeLambda.js';
import { ManualClock } from './manualClock.js';
import { outputOf, type StatesCloud, startStatesCloud } from './statesCloud.js';

interface Call {
  rank: number;
  generation: number;
}

let cloud: StatesCloud;
afterEach(() => cloud.close());

/** The functions of a job in which some calls of `execute` go wrong, with everything they were called with. */
function jobOf(execute: (call: Call) => ReturnType<FakeFunction> | undefined) {
  const calls: Record<string, unknown[]> = { execute: [], recordFailure: [], release: [], aggregate: [] };
  const noting =
    (name: string, run: FakeFunction): FakeFunction =>
    (payload, call) => {
      calls[name]?.push(payload);
      return run(payload, call);
    };
  const functions: Record<string, FakeFunction> = {
    initialize: (payload) => ({ result: payload }),
    execute: noting('execute', (payload) => execute(payload as unknown as Call) ?? { result: { done: true } }),
    recordFailure: noting('recordFailure', () => ({ result: null })),
    aggregate: noting('aggregate', (payload) => ({ result: { aggregated: payload } })),
    release: noting('release', () => ({ result: null })),
  };
  return { calls, functions };
}

const input = { ranks: [0, 1, 2, 3], retries: 1, maxConcurrency: 4 };
const boom = { functionError: { errorType: 'Boom', errorMessage: 'no' } } as const;

it('runs every rank, in throttled calls and later generations, and brings the results together', async () => {
  const clock = new ManualClock();
  let throttled = false;
  const { functions, calls } = jobOf(({ rank, generation }) => {
    if (rank === 1 && !throttled) {
      throttled = true;
      return { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' };
    }
    return rank === 2 && generation === 0 ? boom : undefined;
  });
  cloud = await startStatesCloud(functions, { clock, random: () => 0.5 });
  const arn = await cloud.start(rankedJob, input);
  await clock.untilAsked(500);
  await clock.untilAsked(2_000);
  clock.advance(2_000);
  const execution = await cloud.ended(arn);
  expect(outputOf(execution)).toEqual({ aggregated: { ranks: [0, 1, 2, 3] } });
  const generations = (calls.execute as Call[]).map(({ rank, generation }) => `${rank}.${generation}`).sort();
  expect(generations).toEqual(['0.0', '1.0', '1.0', '2.0', '2.1', '3.0']);
  expect(calls.recordFailure).toEqual([]);
  expect(calls.release).toEqual([]);
});

it('records a rank that fails for good and still aggregates', async () => {
  const clock = new ManualClock();
  const { functions, calls } = jobOf(({ rank }) => (rank === 3 ? boom : undefined));
  cloud = await startStatesCloud(functions, { clock });
  const arn = await cloud.start(rankedJob, input);
  await clock.untilAsked(2_000);
  clock.advance(2_000);
  expect((await cloud.ended(arn)).status).toBe('SUCCEEDED');
  expect(calls.recordFailure).toEqual([{ rank: 3, error: 'Boom' }]);
  const { mapRuns = [] } = await cloud.sfn.send(new ListMapRunsCommand({ executionArn: arn }));
  const failed = await cloud.sfn.send(
    new ListExecutionsCommand({ mapRunArn: mapRuns[0]?.mapRunArn, statusFilter: 'FAILED' }),
  );
  expect(failed.executions).toHaveLength(1);
  const child = await cloud.ended(failed.executions?.[0]?.executionArn ?? '');
  expect(child).toMatchObject({ status: 'FAILED', error: 'Boom', cause: 'rank 3' });
});

it('frees the group and fails with the cause when the plan or the end fails', async () => {
  const { functions, calls } = jobOf(() => undefined);
  cloud = await startStatesCloud({ ...functions, aggregate: () => boom });
  const execution = await cloud.run(rankedJob, input);
  expect(execution).toMatchObject({
    status: 'FAILED',
    error: 'Boom',
    cause: expect.stringContaining('"errorMessage":"no"'),
  });
  expect(calls.release).toEqual([{ error: 'Boom' }]);
});
