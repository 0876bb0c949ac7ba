import { invoke } from './invoke.js';

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
