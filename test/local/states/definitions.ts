/*
 * The state machines that the tests of this folder run. Both validators of the States Language accept every one of them
 * (validators.test.ts), so that what the local cloud accepts here is what AWS accepts.
 */

const invoke = 'arn:aws:states:::lambda:invoke';
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

/** Every data field of JSONPath in one task. */
export const jsonPathTask = {
  StartAt: 'Call',
  States: {
    Call: {
      Type: 'Task',
      Resource: invoke,
      InputPath: '$.request',
      Parameters: {
        FunctionName: 'echo',
        Payload: {
          'value.$': '$.value',
          'name.$': '$$.Execution.Name',
          'text.$': "States.Format('{} of {}', $.value, States.JsonToString($.list))",
          'many.$': '$.list[?(@ > 1)]',
          fixed: [{ 'deep.$': '$.list[-1]' }],
        },
      },
      ResultSelector: { 'payload.$': '$.Payload', 'status.$': '$.StatusCode' },
      ResultPath: '$.answer',
      OutputPath: '$.answer',
      Assign: { 'seen.$': '$.payload.value', label: 'first' },
      Next: 'Use',
    },
    Use: {
      Type: 'Pass',
      Parameters: { 'seen.$': '$seen', 'label.$': '$label', 'payload.$': '$.payload' },
      End: true,
    },
  },
};

/** Variables of JSONata: all of a state sees them as on entry; inner scopes read the outer ones. */
export const variableScopes = {
  QueryLanguage: 'JSONata',
  StartAt: 'Set',
  States: {
    Set: { Type: 'Pass', Assign: { x: 1, y: '{% [1, 2] %}' }, Output: { before: '{% $exists($x) %}' }, Next: 'Swap' },
    Swap: {
      Type: 'Pass',
      Assign: { x: '{% $x + 1 %}', y: '{% $append($y, $x) %}' },
      Output: { before: '{% $states.input.before %}', x: '{% $x %}' },
      Next: 'Inside',
    },
    Inside: {
      Type: 'Map',
      Items: '{% $y %}',
      ItemSelector: { item: '{% $states.context.Map.Item.Value %}', index: '{% $states.context.Map.Item.Index %}' },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Own',
        States: {
          Own: { Type: 'Pass', Assign: { own: '{% $states.input.item * $x %}' }, Next: 'Read' },
          Read: {
            Type: 'Pass',
            Output: { own: '{% $own %}', outer: '{% $x %}', index: '{% $states.context.Map.Item.Index %}' },
            End: true,
          },
        },
      },
      Output: { rows: '{% $states.result %}', input: '{% $states.input %}', ownIsGone: '{% $not($exists($own)) %}' },
      End: true,
    },
  },
};

/** Retries, then a catcher that keeps the input. */
export const retryThenCatch = {
  StartAt: 'Try',
  States: {
    Try: {
      Type: 'Task',
      Resource: invoke,
      Parameters: { FunctionName: 'flaky', 'Payload.$': '$' },
      TimeoutSeconds: 60,
      Retry: [
        { ErrorEquals: ['Flaky'], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 3, MaxDelaySeconds: 5 },
        { ErrorEquals: ['States.ALL'], MaxAttempts: 0 },
      ],
      Catch: [
        { ErrorEquals: ['States.Timeout'], Next: 'TimedOut' },
        { ErrorEquals: ['States.TaskFailed'], ResultPath: '$.error', Next: 'Caught' },
      ],
      End: true,
    },
    Caught: { Type: 'Succeed' },
    TimedOut: { Type: 'Fail', ErrorPath: '$.Error', CausePath: "States.Format('late: {}', $.Error)" },
  },
};

/** A function by its bare ARN. */
export const bareFunction = {
  StartAt: 'Call',
  States: {
    Call: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:123456789012:function:echo', End: true },
  },
};

/** Two branches, of which one may fail. */
export const parallelBranches = {
  QueryLanguage: 'JSONata',
  StartAt: 'Both',
  States: {
    Both: {
      Type: 'Parallel',
      Arguments: { value: '{% $states.input.value %}' },
      Branches: [
        {
          StartAt: 'Left',
          States: { Left: { Type: 'Pass', Output: '{% $states.input.value * 2 %}', End: true } },
        },
        {
          StartAt: 'Right',
          States: {
            Right: {
              Type: 'Choice',
              Choices: [{ Condition: '{% $states.input.value > 10 %}', Next: 'TooMuch' }],
              Default: 'Rest',
            },
            TooMuch: { Type: 'Fail', Error: 'TooMuch', Cause: 'over ten' },
            Rest: { Type: 'Wait', Seconds: 3, Output: "{% 'rested' %}", End: true },
          },
        },
      ],
      Catch: [{ ErrorEquals: ['TooMuch'], Output: { error: '{% $states.errorOutput.Error %}' }, Next: 'Done' }],
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
};

/** Waits in all its forms. */
export const waits = {
  StartAt: 'Seconds',
  States: {
    Seconds: { Type: 'Wait', Seconds: 10, Next: 'SecondsPath' },
    SecondsPath: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Timestamp' },
    Timestamp: { Type: 'Wait', Timestamp: '2026-01-31T10:01:00Z', Next: 'TimestampPath' },
    TimestampPath: { Type: 'Wait', TimestampPath: '$.until', End: true },
  },
};

/** A distributed map in JSONPath over batches, with every limit by path. */
export const batchedMap = {
  StartAt: 'Batches',
  States: {
    Batches: {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemSelector: { 'value.$': '$$.Map.Item.Value', 'factor.$': '$.factor' },
      ItemBatcher: { MaxItemsPerBatchPath: '$.size', BatchInput: { 'factor.$': '$.factor' } },
      MaxConcurrencyPath: '$.concurrency',
      ToleratedFailureCountPath: '$.tolerated',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Work',
        States: {
          Work: {
            Type: 'Task',
            Resource: invoke,
            Parameters: { FunctionName: 'work', 'Payload.$': '$' },
            ResultSelector: { 'sum.$': '$.Payload' },
            End: true,
          },
        },
      },
      ResultPath: '$.results',
      End: true,
    },
  },
};

/** Reads a file of S3, runs a child for each of its items and writes the results to S3. */
export function mapOverObject(readerConfig: object, writerConfig?: object): object {
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        Label: 'Each',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: readerConfig,
          Arguments: { Bucket: '{% $states.input.bucket %}', Key: '{% $states.input.key %}' },
        },
        ToleratedFailurePercentage: 50,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Check',
          States: {
            Check: {
              Type: 'Choice',
              Choices: [{ Condition: "{% $states.input.name = 'bad' %}", Next: 'Bad' }],
              Default: 'Good',
            },
            Bad: { Type: 'Fail', Error: 'BadItem', Cause: 'it says so' },
            Good: { Type: 'Succeed', Output: '{% [$states.input.name] %}' },
          },
        },
        ResultWriter: {
          Resource: 'arn:aws:states:::s3:putObject',
          Arguments: { Bucket: '{% $states.input.bucket %}', Prefix: 'results' },
          ...(writerConfig && { WriterConfig: writerConfig }),
        },
        End: true,
      },
    },
  };
}

/** A child for each object under a prefix. */
export const mapOverListing = {
  QueryLanguage: 'JSONata',
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:listObjectsV2',
        Arguments: { Bucket: '{% $states.input.bucket %}', Prefix: '{% $states.input.prefix %}' },
        ReaderConfig: { MaxItems: '{% $states.input.most %}' },
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Name',
        States: { Name: { Type: 'Pass', Output: '{% $states.input.Key %}', End: true } },
      },
      End: true,
    },
  },
};

/** S3 as a task. */
export const objectTasks = {
  QueryLanguage: 'JSONata',
  StartAt: 'Put',
  States: {
    Put: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:putObject',
      Arguments: { Bucket: '{% $states.input.bucket %}', Key: 'note.json', Body: { said: 'hello' } },
      Assign: { bucket: '{% $states.input.bucket %}' },
      Next: 'Get',
    },
    Get: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
      Arguments: { Bucket: '{% $bucket %}', Key: 'note.json' },
      Assign: { note: '{% $parse($states.result.Body) %}' },
      Next: 'Head',
    },
    Head: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:headObject',
      Arguments: { Bucket: '{% $bucket %}', Key: 'note.json' },
      Output: '{% $states.result.ContentLength %}',
      Next: 'List',
    },
    List: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:listObjectsV2',
      Arguments: { Bucket: '{% $bucket %}', Prefix: 'note' },
      Output: { bytes: '{% $states.input %}', keys: '{% [$states.result.Contents.Key] %}', note: '{% $note %}' },
      Next: 'Missing',
    },
    Missing: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
      Arguments: { Bucket: '{% $bucket %}', Key: 'nothing-here' },
      Catch: [
        {
          ErrorEquals: ['S3.NoSuchKeyException'],
          Output: '{% $merge([$states.input, {"error": $states.errorOutput.Error}]) %}',
          Next: 'Done',
        },
      ],
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
};

/** Starts another state machine and waits for it. */
export const nestedExecution = {
  QueryLanguage: 'JSONata',
  StartAt: 'Nested',
  States: {
    Nested: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: '{% $states.input.machine %}', Input: { value: 4 } },
      Output: '{% $states.result.Output %}',
      End: true,
    },
  },
};

/** A task that goes on until it is stopped. */
export const waitingTask = {
  QueryLanguage: 'JSONata',
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'wait' },
      HeartbeatSeconds: '{% $states.input.heartbeat %}',
      TimeoutSeconds: 600,
      End: true,
    },
  },
};

/** A map whose children go on until they are stopped. */
export const waitingMap = {
  QueryLanguage: 'JSONata',
  StartAt: 'All',
  States: {
    All: {
      Type: 'Map',
      Items: '{% $states.input %}',
      MaxConcurrency: 3,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Wait',
        States: {
          Wait: {
            Type: 'Task',
            Resource: invoke,
            Arguments: { FunctionName: 'wait', Payload: '{% $states.input %}' },
            End: true,
          },
        },
      },
      End: true,
    },
  },
};

/** Every example by name. */
export const definitions: Readonly<Record<string, object>> = {
  rankedJob,
  jsonPathTask,
  variableScopes,
  retryThenCatch,
  bareFunction,
  parallelBranches,
  waits,
  batchedMap,
  mapOverCsv: mapOverObject({ InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }),
  mapOverJson: mapOverObject({ InputType: 'JSON' }, { Transformation: 'FLATTEN', OutputType: 'JSONL' }),
  mapOverListing,
  objectTasks,
  nestedExecution,
  waitingTask,
  waitingMap,
};
