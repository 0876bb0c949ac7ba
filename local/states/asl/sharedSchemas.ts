import { z } from 'zod';
import type { Flow, MapState } from './definition.js';
import { atLeast, plainNumber, text } from './fields.js';
import { passOn } from './zodIssues.js';

/* Parts of a state that are the same in both query languages. */

export const transition = { Next: text.optional(), End: z.literal(true).optional() };

export const errorEquals = z.array(z.string().min(1)).min(1);

export const retrier = z.strictObject({
  ErrorEquals: errorEquals,
  IntervalSeconds: plainNumber(atLeast(1)).optional(),
  MaxAttempts: plainNumber(atLeast(0)).optional(),
  BackoffRate: plainNumber({ least: 1, most: 99_999_999, integer: false }).optional(),
  MaxDelaySeconds: plainNumber({ least: 1, most: 31_622_400, integer: true }).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  Comment: text.optional(),
});

/** Bounds of the numbers of a Map state. */
export const mapNumbers = {
  concurrency: atLeast(0),
  failureCount: atLeast(0),
  failurePercentage: { least: 0, most: 100, integer: false },
  items: atLeast(1),
  batchBytes: { least: 1, most: 262_144, integer: true },
} as const;

/** A label becomes a part of ARNs. */
export const label = z
  .string()
  .regex(
    /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,40}$/u,
    'must have 1 to 40 characters, without spaces, brackets and special characters',
  );

export const processorConfig = z.strictObject({
  Mode: z.enum(['INLINE', 'DISTRIBUTED']).default('INLINE'),
  ExecutionType: z.literal('STANDARD', "must be 'STANDARD': the local cloud runs no EXPRESS executions").optional(),
});

export const itemReaderResource = z.enum(['arn:aws:states:::s3:getObject', 'arn:aws:states:::s3:listObjectsV2']);

export const readerConfigFields = {
  InputType: z.enum(['JSON', 'JSONL', 'CSV']).optional(),
  CSVHeaderLocation: z.enum(['FIRST_ROW', 'GIVEN']).optional(),
  CSVHeaders: z.array(z.string()).min(1).optional(),
  CSVDelimiter: z.enum(['COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB']).optional(),
};

export const resultWriterFields = {
  Resource: z.literal('arn:aws:states:::s3:putObject').optional(),
  WriterConfig: z
    .strictObject({
      Transformation: z.enum(['NONE', 'COMPACT', 'FLATTEN']),
      OutputType: z.enum(['JSON', 'JSONL']),
    })
    .optional(),
};

/** The processor of a Map: a flow with a configuration beside it. */
export function itemProcessor(flow: z.ZodType<Flow>): z.ZodType<MapState['ItemProcessor']> {
  return z.unknown().transform((value, ctx) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const { ProcessorConfig: config, ...rest }: { ProcessorConfig?: unknown } = isObject ? value : {};
    const parts = [flow.safeParse(isObject ? rest : value), z.optional(processorConfig).safeParse(config)] as const;
    passOn(parts[0].error, ctx);
    passOn(parts[1].error, ctx, ['ProcessorConfig']);
    return parts[0].success && parts[1].success ? { ...parts[0].data, ProcessorConfig: parts[1].data } : z.NEVER;
  });
}

/** Reads `Iterator` as `ItemProcessor` and demands exactly one of them. */
export function oneProcessor<
  Value extends { ItemProcessor?: MapState['ItemProcessor']; Iterator?: MapState['ItemProcessor'] },
>(
  { Iterator: iterator, ItemProcessor: processor, ...rest }: Value,
  ctx: z.core.$RefinementCtx<Value>,
): Omit<Value, 'Iterator' | 'ItemProcessor'> & { ItemProcessor: MapState['ItemProcessor'] } {
  const chosen = processor ?? iterator;
  if (chosen !== undefined && (processor === undefined || iterator === undefined))
    return { ...rest, ItemProcessor: chosen };
  ctx.addIssue({ code: 'custom', message: 'needs exactly one of ItemProcessor and Iterator' });
  return z.NEVER;
}
