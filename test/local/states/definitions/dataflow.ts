import { invoke } from './invoke.js';

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
