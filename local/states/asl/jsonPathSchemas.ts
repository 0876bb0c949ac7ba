import { z } from 'zod';
import { parseTimestamp } from '../interpreter/timestamp.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { checkChoiceTest } from './choiceTest.js';
import type { ChoiceRule, Flow, State, StateType } from './definition.js';
import {
  atLeast,
  jsonPathAssign,
  path,
  pathOrIntrinsic,
  payloadTemplate,
  payloadTemplateObject,
  plainNumber,
  referencePath,
  resultPath,
  text,
} from './fields.js';
import * as shared from './sharedSchemas.js';
import { passOn } from './zodIssues.js';

/*
 * What each type of state may hold in JSONPath. A field that is not named here is an error.
 */

const common = { Comment: text.optional(), QueryLanguage: z.literal('JSONPath') };
const paths = { InputPath: path.nullish(), OutputPath: path.nullish() };
const assign = { Assign: jsonPathAssign.optional() };
const result = { ResultSelector: payloadTemplateObject.optional(), ResultPath: resultPath.nullish() };

const catcher = z.strictObject({
  ErrorEquals: shared.errorEquals,
  Next: text,
  ResultPath: resultPath.nullish(),
  Comment: text.optional(),
  ...assign,
});
const errorHandlers = { Retry: z.array(shared.retrier).optional(), Catch: z.array(catcher).optional() };

const choiceRule: z.ZodType<ChoiceRule> = z
  .custom<JsonObject>(isJsonObject, 'must be an object')
  .transform((rule, ctx) => {
    const { Next, Assign, Comment, ...test } = rule;
    const frame = z
      .strictObject({ Next: text, Comment: text.optional(), ...assign })
      .safeParse({ Next, Assign, Comment });
    passOn(frame.error, ctx);
    checkChoiceTest(test, [], (at, message) => ctx.addIssue({ code: 'custom', path: at, message }));
    return frame.success ? { ...frame.data, test } : z.NEVER;
  });

const { mapNumbers } = shared;
const count = (rule: Parameters<typeof plainNumber>[0]) => plainNumber(rule).optional();
const countPath = referencePath.optional();

/** The schema of each type of state. */
export function jsonPathSchemas(flow: z.ZodType<Flow>): Readonly<Record<StateType, z.ZodType<State>>> {
  return {
    Task: z.strictObject({
      Type: z.literal('Task'),
      Resource: text,
      ...common,
      ...paths,
      Parameters: payloadTemplate.optional(),
      ...result,
      ...assign,
      ...errorHandlers,
      TimeoutSeconds: count(atLeast(1)),
      TimeoutSecondsPath: countPath,
      HeartbeatSeconds: count(atLeast(1)),
      HeartbeatSecondsPath: countPath,
      ...shared.transition,
    }),
    Pass: z.strictObject({
      Type: z.literal('Pass'),
      ...common,
      ...paths,
      Parameters: payloadTemplate.optional(),
      Result: z.json().optional(),
      ResultPath: resultPath.nullish(),
      ...assign,
      ...shared.transition,
    }),
    Choice: z.strictObject({
      Type: z.literal('Choice'),
      ...common,
      ...paths,
      Choices: z.array(choiceRule).min(1),
      Default: text.optional(),
      ...assign,
    }),
    Wait: z.strictObject({
      Type: z.literal('Wait'),
      ...common,
      ...paths,
      ...assign,
      Seconds: count(atLeast(0)),
      SecondsPath: countPath,
      Timestamp: z
        .string()
        .refine((value) => parseTimestamp(value) !== undefined, 'must be a timestamp such as 2026-01-31T10:00:00Z')
        .optional(),
      TimestampPath: countPath,
      ...shared.transition,
    }),
    Succeed: z.strictObject({ Type: z.literal('Succeed'), ...common, ...paths }),
    Fail: z.strictObject({
      Type: z.literal('Fail'),
      ...common,
      Error: text.optional(),
      ErrorPath: pathOrIntrinsic.optional(),
      Cause: text.optional(),
      CausePath: pathOrIntrinsic.optional(),
    }),
    Parallel: z.strictObject({
      Type: z.literal('Parallel'),
      ...common,
      ...paths,
      Parameters: payloadTemplate.optional(),
      ...result,
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
      ...paths,
      ...result,
      ...assign,
      ...errorHandlers,
      ItemProcessor: processor,
      Iterator: processor,
      ItemsPath: referencePath.optional(),
      ItemSelector: payloadTemplate.optional(),
      Parameters: payloadTemplate.optional(),
      ItemReader: z
        .strictObject({
          Resource: shared.itemReaderResource,
          Parameters: payloadTemplateObject,
          ReaderConfig: z
            .strictObject({ ...shared.readerConfigFields, MaxItems: count(mapNumbers.items), MaxItemsPath: countPath })
            .optional(),
        })
        .optional(),
      ItemBatcher: z
        .strictObject({
          BatchInput: payloadTemplate.optional(),
          MaxItemsPerBatch: count(mapNumbers.items),
          MaxItemsPerBatchPath: countPath,
          MaxInputBytesPerBatch: count(mapNumbers.batchBytes),
          MaxInputBytesPerBatchPath: countPath,
        })
        .optional(),
      ResultWriter: z
        .strictObject({ ...shared.resultWriterFields, Parameters: payloadTemplateObject.optional() })
        .optional(),
      MaxConcurrency: count(mapNumbers.concurrency),
      MaxConcurrencyPath: countPath,
      ToleratedFailureCount: count(mapNumbers.failureCount),
      ToleratedFailureCountPath: countPath,
      ToleratedFailurePercentage: count(mapNumbers.failurePercentage),
      ToleratedFailurePercentagePath: countPath,
      Label: shared.label.optional(),
      ...shared.transition,
    })
    .transform(shared.oneProcessor)
    .transform(({ Parameters, ...state }) => ({ ...state, ItemSelector: state.ItemSelector ?? Parameters }));
}
