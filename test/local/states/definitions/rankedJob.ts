import { invoke } from './invoke.js';

const throttleRetry = {
  ErrorEquals: ['Lambda.TooManyRequestsException'],
  IntervalSeconds: 1,
  MaxAttempts: 20,
  BackoffRate: 1.5,
  MaxDelaySeconds: 30,
  JitterStrategy: 'FULL',
};

/** Plan, run every rank with retries of our own in Catch, bring the results together; free the group when it fails. */
export const rankedJob = {
  QueryLanguage: 'JSONata',
  StartAt: 'Initialize',
  TimeoutSeconds: 3600,
  States: {
    Initialize: {
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'initialize', Payload: '{% $states.input %}' },
      Assign: { plan: '{% $states.result.Payload %}' },
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: '{% $states.errorOutput %}' }, Next: 'Release' }],
      Next: 'Ranks',
    },
    Ranks: {
      Type: 'Map',
      Label: 'Ranks',
      Items: '{% $plan.ranks %}',
      ItemSelector: { rank: '{% $states.context.Map.Item.Value %}', retries: '{% $plan.retries %}' },
      MaxConcurrency: '{% $plan.maxConcurrency %}',
      ToleratedFailurePercentage: 100,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Prepare',
        States: {
          Prepare: {
            Type: 'Pass',
            Assign: { attempt: 0, rank: '{% $states.input.rank %}', retries: '{% $states.input.retries %}' },
            Next: 'Execute',
          },
          Execute: {
            Type: 'Task',
            Resource: invoke,
            Arguments: { FunctionName: 'execute', Payload: { rank: '{% $rank %}', generation: '{% $attempt %}' } },
            TimeoutSeconds: '{% 900 + 60 %}',
            Retry: [throttleRetry],
            Catch: [
              {
                ErrorEquals: ['States.ALL'],
                Assign: { attempt: '{% $attempt + 1 %}', failure: '{% $states.errorOutput %}' },
                Next: 'MayTryAgain',
              },
            ],
            Output: { rank: '{% $rank %}' },
            End: true,
          },
          MayTryAgain: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $attempt <= $retries %}', Next: 'BackOff' }],
            Default: 'RecordFailure',
          },
          BackOff: { Type: 'Wait', Seconds: '{% $min([30, $power(2, $attempt)]) %}', Next: 'Execute' },
          RecordFailure: {
            Type: 'Task',
            Resource: invoke,
            Arguments: {
              FunctionName: 'recordFailure',
              Payload: { rank: '{% $rank %}', error: '{% $failure.Error %}' },
            },
            Next: 'RankFailed',
          },
          RankFailed: { Type: 'Fail', Error: '{% $failure.Error %}', Cause: "{% 'rank ' & $rank %}" },
        },
      },
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: '{% $states.errorOutput %}' }, Next: 'Release' }],
      Next: 'Aggregate',
    },
    Aggregate: {
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'aggregate', Payload: { ranks: '{% $plan.ranks %}' } },
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: '{% $states.errorOutput %}' }, Next: 'Release' }],
      Output: '{% $states.result.Payload %}',
      End: true,
    },
    Release: {
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'release', Payload: { error: '{% $failure.Error %}' } },
      Next: 'Failed',
    },
    Failed: { Type: 'Fail', Error: '{% $failure.Error %}', Cause: '{% $failure.Cause %}' },
  },
};
