import { z } from 'zod';
import { isJsonataExpression } from '../expressions/jsonata.js';
import { parseTimestamp } from '../interpreter/timestamp.js';
import type { Flow, State, StateType } from './definition.js';
import {
  atLeast,
  jsonataAssign,
  jsonataCondition,
  jsonataItems,
  jsonataObjectOrExpression,
  jsonataTemplate,
  jsonataText,
  numberOrExpression,
  text,
} from './fields.js';
import * as shared from './sharedSchemas.js';

/*
 * What each type of state may hold in JSONata. A field that is not named here is an error.
 */

const common = { Comment: text.optional(), QueryLanguage: z.literal('JSONata') };
const output = { Output: jsonataTemplate.optional() };
const assign = { Assign: jsonataAssign.optional() };

const catcher = z.strictObject({
  ErrorEquals: shared.errorEquals,
  Next: text,
  Comment: text.optional(),
  ...output,
  ...assign,
});
const errorHandlers = { Retry: z.array(shared.retrier).optional(), Catch: z.array(catcher).optional() };

const choiceRule = z.strictObject({
  Condition: jsonataCondition,
  Next: text,
  Comment: text.optional(),
  ...output,
  ...assign,
});

const { mapNumbers } = shared;
const count = (rule: Parameters<typeof numberOrExpression>[0]) => numberOrExpression(rule).optional();

/** The schema of each type of state. */
export function jsonataSchemas(flow: z.ZodType<Flow>): Readonly<Record<StateType, z.ZodType<State>>> {
  return {
    Task: z.strictObject({
      Type: z.literal('Task'),
      Resource: text,
      ...common,
      Arguments: jsonataObjectOrExpression.optional(),
      ...output,
      ...assign,
      ...errorHandlers,
      TimeoutSeconds: count(atLeast(1)),
      HeartbeatSeconds: count(atLeast(1)),
      ...shared.transition,
    }),
    Pass: z.strictObject({
      Type: z.literal('Pass'),
      ...common,
      ...output,
      ...assign,
      ...shared.transition,
    }),
    Choice: z.strictObject({
      Type: z.literal('Choice'),
      ...common,
      ...output,
      ...assign,
      Choices: z.array(choiceRule).min(1),
      Default: text.optional(),
    }),
    Wait: z.strictObject({
      Type: z.literal('Wait'),
      ...common,
      ...output,
      ...assign,
      Seconds: count(atLeast(0)),
      Timestamp: jsonataText
        .refine(
          (value) => isJsonataExpression(value) || parseTimestamp(value) !== undefined,
          'must be a timestamp such as 2026-01-31T10:00:00Z or a JSONata expression',
        )
        .optional(),
      ...shared.transition,
    }),
    Succeed: z.strictObject({ Type: z.literal('Succeed'), ...common, ...output }),
    Fail: z.strictObject({
      Type: z.literal('Fail'),
      ...common,
      Error: jsonataText.optional(),
      Cause: jsonataText.optional(),
    }),
    Parallel: z.strictObject({
      Type: z.literal('Parallel'),
      ...common,
      Arguments: jsonataTemplate.optional(),
      ...output,
      ...assign,
      ...errorHandlers,
      Branches: z.array(flow).min(1),
      ...shared.transition,
    }),
    Map: mapSchema(flow),
  };
}

function mapSchema(flow: z.ZodType<Flow>): z.ZodType<State> {
  const processor = shared.itemProcessor(flow).optional();
  return z
    .strictObject({
      Type: z.literal('Map'),
      ...common,
      ...output,
      ...assign,
      ...errorHandlers,
      ItemProcessor: processor,
      Iterator: processor,
      Items: jsonataItems.optional(),
      ItemSelector: jsonataTemplate.optional(),
      ItemReader: z
        .strictObject({
          Resource: shared.itemReaderResource,
          Arguments: jsonataObjectOrExpression,
          ReaderConfig: z.strictObject({ ...shared.readerConfigFields, MaxItems: count(mapNumbers.items) }).optional(),
        })
        .optional(),
      ItemBatcher: z
        .strictObject({
          BatchInput: jsonataTemplate.optional(),
          MaxItemsPerBatch: count(mapNumbers.items),
          MaxInputBytesPerBatch: count(mapNumbers.batchBytes),
        })
        .optional(),
      ResultWriter: z
        .strictObject({ ...shared.resultWriterFields, Arguments: jsonataObjectOrExpression.optional() })
        .optional(),
      MaxConcurrency: count(mapNumbers.concurrency),
      ToleratedFailureCount: count(mapNumbers.failureCount),
      ToleratedFailurePercentage: count(mapNumbers.failurePercentage),
      Label: shared.label.optional(),
      ...shared.transition,
    })
    .transform(shared.oneProcessor);
}
