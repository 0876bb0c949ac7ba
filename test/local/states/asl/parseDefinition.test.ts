import { describe, expect, it } from 'vitest';
import { AwsClients } from '../../../../local/awsClients.js';
import { checkDefinition } from '../../../../local/states/asl/parseDefinition.js';
import { TaskIntegrations } from '../../../../local/states/integrations/integration.js';
import { lambdaFunction, lambdaInvoke } from '../../../../local/states/integrations/lambdaInvoke.js';
import { s3Integrations } from '../../../../local/states/integrations/s3.js';

const clients = new AwsClients({
  region: 'us-east-1',
  endpoint: () => 'http://127.0.0.1:1',
  credentials: { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'test' },
});
const resources = new TaskIntegrations(
  new Map([['arn:aws:states:::lambda:invoke', lambdaInvoke(clients)], ...s3Integrations(clients)]),
  (arn) => lambdaFunction(clients, arn),
);
const faultsOf = (definition: unknown) =>
  checkDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition), resources).faults;
const placesOf = (definition: unknown) => faultsOf(definition).map(({ location }) => location);
const only = (state: object, rest: object = {}) => ({ StartAt: 'S', States: { S: state }, ...rest });
const jsonata = (state: object) => only(state, { QueryLanguage: 'JSONata' });
const end = { End: true };
const distributed = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
const flow = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };

describe('a definition with many faults', () => {
  it('lists all of them at once, each with its place', () => {
    const definition = {
      StartAt: 'Missing',
      Timeout: 5,
      States: {
        A: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Next: 'Nowhere', Colour: 'red' },
        B: { Type: 'Wait', Seconds: -1, Timestamp: '2026-01-31T10:00:00Z', End: true },
        C: { Type: 'Pass', Parameters: { 'x.$': 'States.Nothing()' }, ResultPath: '$.a[*]', Next: 'A', End: true },
        D: {
          Type: 'Choice',
          Choices: [
            { Variable: '$.x', NumericEquals: '1', Next: 'A' },
            { StringIs: 'x', Variable: '$.x', Next: 'A' },
          ],
        },
        E: { Type: 'Loop' },
      },
    };
    expect(placesOf(definition).sort()).toEqual(
      [
        '/StartAt',
        '/Timeout',
        '/States/A',
        '/States/A/Colour',
        '/States/A/Next',
        '/States/A/Resource',
        '/States/B',
        '/States/B',
        '/States/B/Seconds',
        '/States/C',
        '/States/C',
        '/States/C/Parameters/x.$',
        '/States/C/ResultPath',
        '/States/D',
        '/States/D/Choices/0/NumericEquals',
        '/States/D/Choices/1',
        '/States/D/Choices/1/StringIs',
        '/States/E',
        '/States/E/Type',
      ].sort(),
    );
  });

  it('says so when it is no JSON, or no object', () => {
    expect(faultsOf('{')[0]).toMatchObject({ code: 'INVALID_JSON_DESCRIPTION' });
    expect(faultsOf('[]')[0]?.message).toContain('must be an object');
  });
});

describe('what is refused', () => {
  const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };
  const call = { ...task, Parameters: { FunctionName: 'f' } };
  const map = { Type: 'Map', ItemProcessor: { ...distributed, ...flow }, End: true };
  it.each<[string, object, string]>([
    [
      'a field of JSONPath in a JSONata state',
      jsonata({ Type: 'Pass', ResultPath: '$', ...end }),
      '/States/S/ResultPath',
    ],
    ['a field of JSONata in a JSONPath state', only({ Type: 'Pass', Output: 1, ...end }), '/States/S/Output'],
    [
      'JSONPath inside JSONata',
      jsonata({ Type: 'Pass', QueryLanguage: 'JSONPath', ...end }),
      '/States/S/QueryLanguage',
    ],
    ['bad JSONata', jsonata({ Type: 'Pass', Output: { a: ['{% 1 + %}'] }, ...end }), '/States/S/Output/a/0'],
    ['$eval', jsonata({ Type: 'Pass', Output: '{% $eval("1") %}', ...end }), '/States/S/Output'],
    [
      'a task token',
      only({ ...task, Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }),
      '/States/S/Resource',
    ],
    ['credentials of a task', only({ ...call, Credentials: {} }), '/States/S/Credentials'],
    ['an unknown argument', only({ ...task, Parameters: { FunctionName: 'f', Body: 1 } }), '/States/S/Parameters/Body'],
    ['a missing argument', only({ ...task, Parameters: {} }), '/States/S/Parameters'],
    ['arguments that are not there', only(task), '/States/S'],
    ['a script in a path', only({ Type: 'Pass', InputPath: '$.a[(@.length-1)]', ...end }), '/States/S/InputPath'],
    ['both a number and its path', only({ ...call, TimeoutSeconds: 1, TimeoutSecondsPath: '$.t' }), '/States/S'],
    [
      'a heartbeat after the timeout',
      only({ ...call, TimeoutSeconds: 5, HeartbeatSeconds: 5 }),
      '/States/S/HeartbeatSeconds',
    ],
    ['a retrier field', only({ ...call, Retry: [{ ErrorEquals: ['A'], Delay: 1 }] }), '/States/S/Retry/0/Delay'],
    [
      'a rate below 1',
      only({ ...call, Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] }),
      '/States/S/Retry/0/BackoffRate',
    ],
    [
      'States.ALL beside others',
      only({ ...call, Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] }),
      '/States/S/Retry/0/ErrorEquals',
    ],
    [
      'States.ALL before others',
      only({ ...call, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }),
      '/States/S/Retry/0/ErrorEquals',
    ],
    [
      'EXPRESS children',
      only({ ...map, ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }, ...flow } }),
      '/States/S/ItemProcessor/ProcessorConfig/ExecutionType',
    ],
    [
      'distributed fields inline',
      only({ ...map, ItemProcessor: flow, ItemBatcher: { MaxItemsPerBatch: 2 } }),
      '/States/S/ItemBatcher',
    ],
    [
      'an unknown reader',
      only({
        ...map,
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          Parameters: {},
          ReaderConfig: { InputType: 'PARQUET' },
        },
      }),
      '/States/S/ItemReader/ReaderConfig/InputType',
    ],
    ['a batcher without limits', only({ ...map, ItemBatcher: {} }), '/States/S/ItemBatcher'],
    ['a map without processor', only({ Type: 'Map', ...end }), '/States/S'],
    ['a reserved variable', only({ Type: 'Pass', Assign: { states: 1 }, ...end }), '/States/S/Assign/states'],
    ['a variable with no name', only({ Type: 'Pass', Assign: { '1x': 1 }, ...end }), '/States/S/Assign/1x'],
    [
      'an outer variable assigned inside',
      {
        StartAt: 'A',
        States: {
          A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
          B: {
            Type: 'Map',
            ItemProcessor: { StartAt: 'C', States: { C: { Type: 'Pass', Assign: { 'x.$': '$.y' }, End: true } } },
            End: true,
          },
        },
      },
      '/States/B/ItemProcessor/States/C/Assign/x',
    ],
    [
      'a state name used twice',
      only({ Type: 'Parallel', Branches: [{ StartAt: 'S', States: { S: { Type: 'Succeed' } } }], ...end }),
      '/States/S/Branches/0/States/S',
    ],
    ['no end', { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'A' } } }, '/States'],
  ])('%s', (_what, definition, place) => {
    expect(placesOf(definition)).toContain(place);
    expect(new Set(placesOf(definition)).size).toBe(1);
  });

  it('lets the children of a distributed map use names of the outer scope: they do not see it', () => {
    const inner = { StartAt: 'C', States: { C: { Type: 'Pass', Assign: { x: 2 }, End: true } } };
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
        B: { Type: 'Map', ItemProcessor: { ...distributed, ...inner }, End: true },
      },
    };
    expect(faultsOf(definition)).toEqual([]);
  });
});
