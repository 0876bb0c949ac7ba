import { z } from 'zod';

/** Most retries of one rank; the state machine counts them. */
export const maxRetries = 10;

/** A number, or a string that spells one, as CosmicAI payloads write them (`"file_limit": "11"`). */
function integer(minimum: number, maximum: number) {
  const bounded = z.int().min(minimum).max(maximum);
  const spelled = z
    .string()
    .regex(/^\s*\d{1,15}\s*$/, 'expected a whole number, or a string that spells one')
    .transform(Number)
    .pipe(bounded);
  return z.union([bounded, spelled]);
}

const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'expected an S3 bucket name: 3-63 lower-case letters, digits, dots, dashes',
  );

/** S3 takes keys of 1,024 bytes; what the run appends to a prefix must fit too. */
const maxPrefixBytes = 900;
const encoder = new TextEncoder();

/** Keys and prefixes are kept as people write them, without the slashes at their ends. */
const keyPrefix = z
  .string()
  .min(1)
  .max(maxPrefixBytes)
  .transform((prefix) => prefix.replace(/^\/+|\/+$/g, ''))
  .refine((prefix) => prefix.length > 0 && !prefix.split('/').some((part) => part === '..' || part === '.'), {
    message: 'expected a key prefix with at least one name and no "." or ".." in it',
  })
  .refine((prefix) => encoder.encode(prefix).length <= maxPrefixBytes, {
    message: `expected a key prefix of at most ${maxPrefixBytes} bytes in UTF-8`,
  });

/** Makes a check across keys run even when other keys are at fault, so that everything is listed at once. */
function alsoBesideOtherFaults({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const arrayReference = z.union([z.string().min(1), z.int().min(0)]);

/**
 * What a person sends to start a run. All keys of CosmicAI payloads are accepted unchanged, numeric strings included;
 * the others are ours. Key names are snake_case because CosmicAI's are.
 */
export const payloadSchema = z
  .strictObject({
    bucket: bucketName.describe('Bucket of the script, the model and the results.'),
    S3_object_name: keyPrefix.optional().describe('Prefix that holds the script and the model.'),
    object_type: z.literal('folder').default('folder').describe('How S3_object_name is meant; only folders exist.'),
    script: z
      .string()
      .regex(/\.(py|js|mjs|cjs)$/, 'expected a path that ends in .js, .mjs, .cjs or .py')
      .optional()
      .describe('A JS module under S3_object_name to run on every rank. A .py path runs the built-in inference.'),
    model: keyPrefix.optional().describe('Key of the .onnx model; default: the one .onnx under S3_object_name.'),
    data_bucket: bucketName.optional().describe('Bucket of the partitions; default: bucket.'),
    data_prefix: keyPrefix.describe('Prefix of the partitions: <data_prefix>/1.pt, 2.pt, ...'),
    result_path: keyPrefix.describe('Prefix of everything that the run writes.'),
    file_limit: integer(1, 1_000_000)
      .optional()
      .describe('At most so many partitions, in natural order; default: all.'),
    world_size: integer(1, 10_000)
      .optional()
      .describe('Number of ranks; default: file_limit, or one rank a partition.'),
    batch_size: integer(1, 65_536).default(512).describe('Samples a batch.'),
    inputs: z
      .record(z.string(), arrayReference)
      .optional()
      .describe(
        'Which array of a partition (name or position) feeds which model input; default: by name, then position.',
      ),
    labels: z
      .union([arrayReference, z.null()])
      .optional()
      .describe(
        'The array that holds the true values; null: none. Default: redshift(s), label(s), target(s), y, or the first array that feeds no input.',
      ),
    collectives: z
      .enum(['none', 'relay', 'direct', 'storage', 'auto'])
      .default('auto')
      .describe('How ranks talk to each other; auto: the best way there is, if all ranks fit at once.'),
    collectives_hint: z
      .enum(['fast', 'cheap'])
      .optional()
      .describe('What auto picks by: the time (fast, the default) or the price.'),
    barrier: z.boolean().default(false).describe('Wait for all ranks before the timed work starts.'),
    memory_mb: integer(128, 10_240)
      .optional()
      .describe(
        'Memory of an executor in MB, and with it its share of vCPUs; default: as deployed. "muster memory ensure" makes further sizes.',
      ),
    max_concurrency: integer(1, 10_000).optional().describe('At most so many ranks at a time; default: world size.'),
    retries: integer(0, maxRetries).default(2).describe('New attempts of a rank after its first one failed.'),
    tolerated_failure_percentage: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('Share of the ranks that may fail while the run still succeeds.'),
    deadline_s: integer(1, 86_400).optional().describe('Seconds after its start at which the run gives up.'),
    predictions: z.enum(['npy', 'jsonl', 'none']).default('npy').describe('How predictions are written.'),
    seed: integer(0, 4_294_967_295).default(0).describe('Seed for scripts that draw random numbers.'),
    params: z.record(z.string(), z.json()).default({}).describe('Handed to the script as ctx.params.'),
  })
  .refine((payload) => payload.model !== undefined || payload.S3_object_name !== undefined, {
    message: 'expected "S3_object_name" (the prefix that holds the model) or "model" (the key of an .onnx file)',
    path: ['S3_object_name'],
    when: alsoBesideOtherFaults,
  })
  .refine(
    (payload) =>
      typeof payload.script !== 'string' || payload.script.endsWith('.py') || payload.S3_object_name !== undefined,
    {
      message: 'expected "S3_object_name", because "script" names a module under it',
      path: ['S3_object_name'],
      when: (checked) => alsoBesideOtherFaults(checked) && (checked.value as { model?: unknown }).model !== undefined,
    },
  )
  .refine((payload) => payload.collectives_hint === undefined || payload.collectives === 'auto', {
    message: 'only "collectives": "auto" takes a hint; leave one of the two out',
    path: ['collectives_hint'],
    when: alsoBesideOtherFaults,
  });

/** A payload as it arrives. */
export type PayloadInput = z.input<typeof payloadSchema>;

/** A payload after validation: defaults filled in, numeric strings read. */
export type Payload = z.output<typeof payloadSchema>;

/** JSON Schema of the payload, for editors. */
export function payloadJsonSchema(): object {
  return {
    ...z.toJSONSchema(payloadSchema, { io: 'input', target: 'draft-2020-12' }),
    title: 'Muster payload',
  };
}
