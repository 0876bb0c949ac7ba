import { invoke } from './invoke.js';

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
