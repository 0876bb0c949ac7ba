import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../local/states/json.js';
import { parallelBranches } from './definitions/dataflow.js';
import { bareFunction, nestedExecution, objectTasks, retryThenCatch, waitingTask, waits } from './definitions/tasks.js';
import { EndlessFunction } from './endlessFunction.js';
import type { Answer, FakeFunction } from './fakeLambda.js';
import { ManualClock } from './manualClock.js';
import { bucket, outputOf, type StatesCloud, single, startStatesCloud } from './statesCloud.js';

let cloud: StatesCloud;
let clock: ManualClock;
const start = async (functions: Record<string, FakeFunction> = {}, random?: () => number) => {
  clock = new ManualClock();
  cloud = await startStatesCloud(functions, { clock, random });
};
afterEach(() => cloud.close());
const types = async (arn: string) => (await cloud.history(arn)).map(({ type }) => type);

describe('lambda:invoke', () => {
  it('gives the payload and the facts of the call, and leaves the events of a task', async () => {
    await start({ echo: (payload) => ({ result: { got: payload } }) });
    const execution = await cloud.run(
      single({
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:echo', 'Payload.$': '$' },
      }),
      [1, { a: 'ü' }],
    );
    expect(outputOf(execution)).toMatchObject({
      ExecutedVersion: '$LATEST',
      StatusCode: 200,
      Payload: { got: [1, { a: 'ü' }] },
    });
    const events = await cloud.history(execution.executionArn!);
    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events[2]?.taskScheduledEventDetails).toMatchObject({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'us-east-1',
    });
  });

  it('a bare function ARN takes the input as payload and gives what the function returns', async () => {
    await start({ echo: (payload) => ({ result: { got: payload } }) });
    const execution = await cloud.run(bareFunction, { a: 1 });
    expect(outputOf(execution)).toEqual({ got: { a: 1 } });
    expect(await types(execution.executionArn!)).toContain('LambdaFunctionSucceeded');
  });

  it.each<[string, Answer, string, RegExp]>([
    [
      'an error of the function',
      { functionError: { errorType: 'MyError', errorMessage: 'broken' } },
      'MyError',
      /"errorMessage":"broken"/,
    ],
    ['an error without a type', { functionError: { errorMessage: 'broken' } }, 'Lambda.Unknown', /broken/],
    [
      'a throttled call',
      { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' },
      'Lambda.TooManyRequestsException',
      /Rate Exceeded.*Status Code: 429/,
    ],
    [
      'a fault of the service',
      { status: 500, type: 'ServiceException', message: 'oops' },
      'Lambda.ServiceException',
      /oops/,
    ],
    [
      'no such function',
      { status: 404, type: 'ResourceNotFoundException', message: 'Function not found' },
      'Lambda.ResourceNotFoundException',
      /not found/,
    ],
  ])('%s is named as the real service names it', async (_what, answer, error, cause) => {
    await start({ echo: () => answer });
    const execution = await cloud.run(bareFunction);
    expect(execution).toMatchObject({ status: 'FAILED', error, cause: expect.stringMatching(cause) });
  });
});

describe('Retry and Catch', () => {
  const flaky = (failures: number): FakeFunction => {
    let calls = 0;
    return () =>
      ++calls <= failures
        ? { functionError: { errorType: 'Flaky', errorMessage: `call ${calls}` } }
        : { result: calls };
  };

  it('retries after growing waits, within the longest', async () => {
    await start({ flaky: flaky(2) });
    const arn = await cloud.start(retryThenCatch, { kept: 1 });
    await clock.untilAsked(2_000);
    clock.advance(2_000);
    await clock.untilAsked(5_000);
    clock.advance(5_000);
    const execution = await cloud.ended(arn);
    expect(outputOf(execution)).toMatchObject({ Payload: 3 });
    expect(clock.sleepsMs.filter((ms) => ms !== 60_000)).toEqual([2_000, 5_000]);
    expect((await types(arn)).filter((type) => type === 'TaskStateEntered')).toHaveLength(1);
    expect((await types(arn)).filter((type) => type === 'TaskFailed')).toHaveLength(2);
  });

  it('hands the last failure to the first catcher that takes it, beside the input', async () => {
    await start({ flaky: () => ({ functionError: { errorType: 'Other', errorMessage: 'no' } }) });
    const output = outputOf(await cloud.run(retryThenCatch, { kept: 1 }));
    expect(output).toMatchObject({ kept: 1, error: { Error: 'Other', Cause: expect.stringContaining('no') } });
  });

  it('draws the wait from zero up with full jitter', async () => {
    await start({ flaky: flaky(1) }, () => 0.25);
    const state = {
      Type: 'Task',
      Resource: 'arn:aws:lambda:us-east-1:123456789012:function:flaky',
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 8, JitterStrategy: 'FULL' }],
    };
    const arn = await cloud.start(single(state));
    await clock.untilAsleep(1);
    clock.advance(2_000);
    expect(outputOf(await cloud.ended(arn))).toBe(2);
    expect(clock.sleepsMs).toEqual([2_000]);
  });
});

describe('limits of time', () => {
  it('TimeoutSeconds ends the task and the call under it', async () => {
    const endless = new EndlessFunction();
    await start({ flaky: endless.run });
    const arn = await cloud.start(retryThenCatch);
    await endless.until(({ begun }) => begun === 1);
    clock.advance(60_000);
    await endless.until(({ givenUp }) => givenUp === 1);
    expect(await cloud.ended(arn)).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
      cause: 'late: States.Timeout',
    });
    expect(await types(arn)).toContain('TaskTimedOut');
  });

  it('HeartbeatSeconds ends a task that shows no life', async () => {
    const endless = new EndlessFunction();
    await start({ wait: endless.run });
    const arn = await cloud.start(waitingTask, { heartbeat: 20 });
    await endless.until(({ begun }) => begun === 1);
    clock.advance(20_000);
    await endless.until(({ givenUp }) => givenUp === 1);
    expect(await cloud.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  });

  it("the state machine's own limit ends the execution as TIMED_OUT", async () => {
    const endless = new EndlessFunction();
    await start({ echo: endless.run });
    const arn = await cloud.start({ ...bareFunction, TimeoutSeconds: 30 });
    await endless.until(({ begun }) => begun === 1);
    clock.advance(30_000);
    await endless.until(({ givenUp }) => givenUp === 1);
    expect(await cloud.ended(arn)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect((await types(arn)).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionTimedOut']);
  });
});

describe('StopExecution', () => {
  it('aborts the execution and cancels the call that it waits for', async () => {
    const endless = new EndlessFunction();
    await start({ wait: endless.run });
    const executionArn = await cloud.start(waitingTask, { heartbeat: 20 });
    await endless.until(({ begun }) => begun === 1);
    await cloud.sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'by hand' }));
    await endless.until(({ givenUp }) => givenUp === 1);
    expect(await cloud.ended(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'by hand' });
    expect((await types(executionArn)).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionAborted']);
  });

  it('aborts every branch of a Parallel', async () => {
    await start();
    const executionArn = await cloud.start(parallelBranches, { value: 1 });
    await clock.untilAsleep(1);
    await cloud.sfn.send(new StopExecutionCommand({ executionArn }));
    expect((await types(executionArn)).slice(-3)).toEqual([
      'WaitStateAborted',
      'ParallelStateAborted',
      'ExecutionAborted',
    ]);
  });
});

describe('Wait', () => {
  it('waits for seconds and for moments, given or found in the input', async () => {
    await start();
    const arn = await cloud.start(waits, { seconds: 20, until: '2026-01-31T10:02:00Z' });
    for (const ms of [10_000, 20_000, 30_000, 60_000]) {
      await clock.untilAsleep(1);
      clock.advance(ms);
    }
    expect((await cloud.ended(arn)).status).toBe('SUCCEEDED');
    expect(clock.sleepsMs).toEqual([10_000, 20_000, 30_000, 60_000]);
  });
});

describe('other services', () => {
  it('S3 puts, gets, heads and lists objects, with its errors by name', async () => {
    await start();
    expect(outputOf(await cloud.run(objectTasks, { bucket }))).toEqual({
      bytes: 16,
      keys: ['note.json'],
      note: { said: 'hello' },
      error: 'S3.NoSuchKeyException',
    });
  });

  it('an execution runs another one and takes its output', async () => {
    await start();
    const machine = await cloud.create({
      QueryLanguage: 'JSONata',
      ...single({ Type: 'Pass', Output: '{% $states.input.value * 2 %}' }),
    });
    expect(outputOf(await cloud.run(nestedExecution, { machine }))).toBe(8);
    const failing = await cloud.create({
      StartAt: 'F',
      States: { F: { Type: 'Fail', Error: 'Inner', Cause: 'inside' } },
    });
    const failed = await cloud.run(nestedExecution, { machine: failing });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    const cause: Json = JSON.parse(failed.cause!);
    expect(cause).toMatchObject({ Error: 'Inner', Status: 'FAILED' });
  });
});
