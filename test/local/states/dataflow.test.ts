import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../local/states/json.js';
import { jsonPathTask, parallelBranches, variableScopes } from './definitions/dataflow.js';
import { outputOf, type StatesCloud, single, startStatesCloud } from './statesCloud.js';

let cloud: StatesCloud;
beforeAll(async () => {
  cloud = await startStatesCloud({ echo: (payload) => ({ result: payload }) }, { random: () => 0 });
});
afterAll(() => cloud.close());

/** Runs one Pass state of JSONPath. */
const pass = async (fields: object, input: Json = {}) =>
  outputOf(await cloud.run(single({ Type: 'Pass', ...fields }), input));
/** Runs one Pass state of JSONata and evaluates an expression in its Output. */
const evaluated = async (expression: string, input: Json = {}) =>
  outputOf(await cloud.run({ QueryLanguage: 'JSONata', ...single({ Type: 'Pass', Output: expression }) }, input));

describe('data in JSONPath', () => {
  it('goes through every field in order, and into variables', async () => {
    const input = { request: { value: 7, list: [1, 2, 3] }, kept: true };
    const execution = await cloud.run(jsonPathTask, input);
    expect(outputOf(execution)).toEqual({
      seen: 7,
      label: 'first',
      payload: {
        value: 7,
        name: execution.name,
        text: '7 of [1,2,3]',
        many: [2, 3],
        fixed: [{ deep: 3 }],
      },
    });
  });

  it.each<[string, object, Json, Json]>([
    ['InputPath null is an empty object', { InputPath: null }, 1, {}],
    ['OutputPath null is an empty object', { OutputPath: null }, 1, {}],
    ['ResultPath null keeps the input', { Result: 'gone', ResultPath: null }, { a: 1 }, { a: 1 }],
    ['ResultPath places a result', { Result: [1], ResultPath: '$.b.c' }, { a: 1 }, { a: 1, b: { c: [1] } }],
    ['Result is not a template', { Result: { 'x.$': '$.a' } }, { a: 1 }, { 'x.$': '$.a' }],
    [
      'a key named __proto__ is an ordinary key',
      { Parameters: { 'x.$': '$' } },
      JSON.parse('{"__proto__": 1}'),
      JSON.parse('{"x": {"__proto__": 1}}'),
    ],
  ])('%s', async (_what, fields, input, output) => {
    expect(JSON.stringify(await pass(fields, input))).toBe(JSON.stringify(output));
  });

  it('fails by name where a path or a place is not there', async () => {
    const missing = await cloud.run(single({ Type: 'Pass', Parameters: { 'x.$': '$.no' } }));
    expect(missing).toMatchObject({ status: 'FAILED', error: 'States.ParameterPathFailure' });
    const mismatch = await cloud.run(single({ Type: 'Pass', Result: 1, ResultPath: '$.a.b' }), { a: 1 });
    expect(mismatch).toMatchObject({ status: 'FAILED', error: 'States.ResultPathMatchFailure' });
  });
});

describe('data in JSONata', () => {
  it('keeps variables to their scopes and shows them as on entry', async () => {
    const output = outputOf(await cloud.run(variableScopes));
    expect(output).toEqual({
      rows: [
        { own: 2, outer: 2, index: 0 },
        { own: 4, outer: 2, index: 1 },
        { own: 2, outer: 2, index: 2 },
      ],
      input: { before: false, x: 1 },
      ownIsGone: true,
    });
  });

  it('shows the context object', async () => {
    const context = await evaluated('{% $states.context %}', { a: 1 });
    expect(context).toMatchObject({
      Execution: {
        Id: expect.stringMatching(/^arn:aws:states:us-east-1:123456789012:execution:/),
        Input: { a: 1 },
        Name: expect.any(String),
        RoleArn: expect.stringContaining(':role/'),
        StartTime: expect.stringMatching(/^\d{4}-.*Z$/),
        RedriveCount: 0,
      },
      State: { Name: 'Only', RetryCount: 0, EnteredTime: expect.stringMatching(/Z$/) },
      StateMachine: { Id: expect.stringContaining(':stateMachine:'), Name: expect.stringMatching(/^machine-/) },
    });
  });

  it('records a failed evaluation before it fails the execution', async () => {
    const execution = await cloud.run({
      QueryLanguage: 'JSONata',
      ...single({ Type: 'Pass', Output: { a: '{% $states.input.no %}' } }),
    });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    const events = await cloud.history(execution.executionArn!);
    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'EvaluationFailed',
      'ExecutionFailed',
    ]);
    expect(events[2]?.evaluationFailedEventDetails).toMatchObject({ state: 'Only', location: 'Output/a' });
  });

  it('may be chosen for one state of a JSONPath machine', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $states.input.n + 1 %}', Next: 'B' },
        B: { Type: 'Pass', Parameters: { 'n.$': '$' }, End: true },
      },
    };
    expect(outputOf(await cloud.run(definition, { n: 1 }))).toEqual({ n: 2 });
  });
});

describe('the limit of 256 KiB', () => {
  it('holds for the output of every state, and no catcher for all takes it', async () => {
    const big = { QueryLanguage: 'JSONata', ...single({ Type: 'Pass', Output: "{% $pad('', 262143) %}" }) };
    expect(await cloud.run(big)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    const task = {
      QueryLanguage: 'JSONata',
      ...single({
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'echo', Payload: "{% $pad('', 262144) %}" },
        Retry: [{ ErrorEquals: ['States.ALL'] }],
      }),
    };
    expect(await cloud.run(task)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('lets exactly so much through', async () => {
    expect(await evaluated("{% $pad('', 262142) %}")).toHaveLength(262_142);
  });
});

describe('Parallel', () => {
  it('hands the first failure to its catcher and ends the other branch', async () => {
    const execution = await cloud.run(parallelBranches, { value: 11 });
    expect(outputOf(execution)).toEqual({ error: 'TooMuch' });
    const types = (await cloud.history(execution.executionArn!)).map(({ type }) => type);
    expect(types.filter((type) => type?.startsWith('Parallel'))).toEqual([
      'ParallelStateEntered',
      'ParallelStateStarted',
      'ParallelStateFailed',
      'ParallelStateExited',
    ]);
  });
});

describe('Map inline', () => {
  const definition = (fields: object) =>
    single({
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: {
        StartAt: 'Check',
        States: {
          Check: {
            Type: 'Choice',
            Choices: [{ Variable: '$.v', NumericGreaterThan: 10, Next: 'Bad' }],
            Default: 'Good',
          },
          Bad: { Type: 'Fail', Error: 'Bad', Cause: 'over ten' },
          Good: { Type: 'Pass', Parameters: { 'v.$': '$.v', 'i.$': '$$.Map.Item.Index' }, End: true },
        },
      },
      ItemSelector: { 'v.$': '$$.Map.Item.Value', 'all.$': '$.items' },
      ...fields,
    });

  it('runs an iteration for each item and keeps their order', async () => {
    const execution = await cloud.run(definition({ MaxConcurrency: 2 }), { items: [3, 2, 1] });
    expect(outputOf(execution)).toEqual([
      { v: 3, i: 0 },
      { v: 2, i: 1 },
      { v: 1, i: 2 },
    ]);
    const events = await cloud.history(execution.executionArn!);
    expect(events.find(({ type }) => type === 'MapStateStarted')?.mapStateStartedEventDetails).toEqual({ length: 3 });
    expect(events.filter(({ type }) => type === 'MapIterationSucceeded')).toHaveLength(3);
    expect(events.every(({ id, previousEventId }) => previousEventId! < id!)).toBe(true);
  });

  it('fails with the error of an iteration', async () => {
    const execution = await cloud.run(definition({}), { items: [1, 99] });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Bad', cause: 'over ten' });
    const types = (await cloud.history(execution.executionArn!)).map(({ type }) => type);
    expect(types).toContain('MapIterationFailed');
    expect(types).toContain('MapStateFailed');
  });

  it('fails where its items are no array', async () => {
    expect(await cloud.run(definition({}), { items: 4 })).toMatchObject({ error: 'States.Runtime', status: 'FAILED' });
    expect(outputOf(await cloud.run(definition({}), { items: [] }))).toEqual([]);
  });
});

describe('a loop without end', () => {
  it('fails when its history is full', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Choice', Choices: [{ Variable: '$.x', IsPresent: true, Next: 'B' }], Default: 'A' },
        B: { Type: 'Succeed' },
      },
    };
    const execution = await cloud.run(definition);
    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: expect.stringContaining('25000'),
    });
    expect(await cloud.history(execution.executionArn!)).toHaveLength(25_000);
  });
});
