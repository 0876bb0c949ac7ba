import { z } from 'zod';
import { type SweepFault, SweepFileError } from './errors.js';
import { type FactorName, type Factors, factorNames } from './factors.js';

const distinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const values = <T extends z.ZodType<number | string>>(value: T) =>
  z.array(value).min(1).max(1_000).refine(distinct, 'expected each value once');
const positive = z.number().positive();

const varySchema = z.strictObject({
  architecture: values(z.enum(['x86_64', 'arm64'])).optional(),
  memory_mb: values(z.int().min(128).max(10_240)).optional(),
  channel: values(z.enum(['none', 'relay', 'direct', 'storage', 'auto'])).optional(),
  partition_mb: values(positive.max(4_096)).optional().describe('MB (2^20 bytes) of a partition.'),
  data_gb: values(positive).optional().describe('GB (2^30 bytes) of data, in whole partitions.'),
  samples: values(z.int().min(1)).optional().describe('Samples of data, in whole partitions.'),
  batch_size: values(z.int().min(1).max(65_536)).optional(),
  world_size: values(z.int().min(1).max(10_000)).optional(),
  failure_rate: values(z.number().min(0).max(1)).optional().describe('Share of the ranks that are killed once.'),
});

const simulatedSchema = z.strictObject({
  /** Galaxies of the simulated survey. */
  galaxies: z.int().min(1).max(1_000_000),
  seed: z.int().min(0).max(4_294_967_295).default(1),
});
export type SimulatedData = z.infer<typeof simulatedSchema>;

const dataSchema = z.strictObject({
  source: z
    .union([z.array(z.string().min(1)).min(1), z.strictObject({ simulate: simulatedSchema })])
    .describe('Files of one dataset, local or s3://, or a simulated survey.'),
  prefix: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^/].*[^/]$/, 'expected a key prefix without slashes at its ends')
    .default('sweeps/data')
    .describe('Where in the data bucket the partitions are kept, for this and for later sweeps.'),
});

/** Keys of a payload that a factor stands for. */
export const payloadKeyOf: Readonly<Partial<Record<FactorName, string>>> = {
  memory_mb: 'memory_mb',
  channel: 'collectives',
  batch_size: 'batch_size',
  world_size: 'world_size',
};
const dataFactors = ['partition_mb', 'data_gb', 'samples'] as const;

const alsoBesideOtherFaults = ({ value }: { value: unknown }): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'vary' in value &&
  typeof value.vary === 'object' &&
  value.vary !== null;

/** A sweep file; docs/sweeps.md explains every key. */
export const sweepSchema = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, 'expected 1-40 letters, digits, "-" and "_"'),
    title: z.string().min(1).max(200).optional(),
    payload: z.record(z.string(), z.json()).describe('The payload that all runs share.'),
    files: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('Local files that runs need, and the prefix of the bucket that each is uploaded to.'),
    data: dataSchema.optional(),
    vary: varySchema,
    scaling: z.enum(['strong', 'weak']).optional(),
    repeats: z.int().min(1).max(1_000).default(3),
    cold: z.boolean().default(false),
    seed: z.int().min(0).max(4_294_967_295).default(0),
    stop_after_usd: positive.optional(),
    stages: z
      .strictObject({ x86_64: z.string().min(1).optional(), arm64: z.string().min(1).optional() })
      .optional()
      .describe('With --aws: the stage whose executors have an architecture.'),
  })
  .superRefine(
    (sweep, context) => {
      const { vary, payload, data, scaling } = sweep;
      const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      for (const name of factorNames) {
        const key = payloadKeyOf[name];
        if (vary[name] !== undefined && key !== undefined && key in (payload ?? {}))
          fault(['payload', key], `"vary" has ${name} already; name it in one place only`);
      }
      const usesData = dataFactors.some((name) => vary[name] !== undefined);
      if (vary.data_gb && vary.samples) fault(['vary', 'samples'], 'expected either data_gb or samples, not both');
      if (usesData && !vary.partition_mb)
        fault(['vary', 'partition_mb'], 'missing; data_gb and samples are dealt in partitions of so many MB');
      if (vary.partition_mb && !vary.data_gb && !vary.samples)
        fault(['vary', 'data_gb'], 'missing; say how much data there is, as data_gb or as samples');
      if (usesData && !data) fault(['data'], 'missing; expected {"source": [files]} or {"source": {"simulate": ...}}');
      if (!usesData && data) fault(['data'], 'is of no use without partition_mb in "vary"');
      for (const key of ['data_prefix', 'file_limit'])
        if (usesData && key in (payload ?? {})) fault(['payload', key], 'the sweep sets it, because it makes the data');
      if (scaling && !vary.world_size) fault(['vary', 'world_size'], `missing; ${scaling} scaling is over ranks`);
      if (scaling && vary.world_size && !vary.world_size.includes(1))
        fault(['vary', 'world_size'], 'has no 1: speed-up and efficiency are against the run of one rank');
      if (scaling === 'weak' && !usesData)
        fault(['scaling'], 'weak scaling needs data_gb or samples: the data of one rank');
      if (vary.failure_rate && !vary.failure_rate.includes(0))
        fault(['vary', 'failure_rate'], 'has no 0: resilience is against the run in which nobody is killed');
    },
    { when: alsoBesideOtherFaults },
  );
export type Sweep = z.output<typeof sweepSchema>;

/** A sweep whose key `quick`, if it was asked for, stands over the others. */
function chosenVariant(value: unknown, quick: boolean): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { quick: variant, ...full } = value as { quick?: unknown };
  if (!quick) return full;
  if (typeof variant !== 'object' || variant === null || Array.isArray(variant))
    throw new SweepFileError([{ key: 'quick', message: 'missing; --quick runs the variant that this key describes' }]);
  return { ...full, ...variant };
}

/**
 * Reads a sweep file.
 *
 * @param quick - Take its small variant: what the key `quick` names replaces the keys beside it.
 * @throws SweepFileError that lists every fault at once.
 */
export function parseSweep(value: unknown, quick = false): Sweep {
  const result = sweepSchema.safeParse(chosenVariant(value, quick));
  if (result.success) return result.data;
  throw new SweepFileError(result.error.issues.flatMap(faultsOf));
}

function faultsOf(issue: z.core.$ZodIssue): SweepFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ key: [...issue.path, key].join('.'), message: 'unknown key' }));
  if (issue.code === 'invalid_union') {
    const expected = issue.errors.flat().map(({ message }) => message);
    return [{ key: issue.path.join('.'), message: [...new Set(expected)].join(' or ') }];
  }
  return [{ key: issue.path.length > 0 ? issue.path.join('.') : '(sweep)', message: issue.message }];
}

/** Every combination of the values, in the order of the factors. */
export function combinations(vary: Sweep['vary']): Factors[] {
  return factorNames.reduce<Factors[]>(
    (points, name) => {
      const choices: readonly (number | string)[] | undefined = vary[name];
      return choices ? points.flatMap((point) => choices.map((value) => ({ ...point, [name]: value }))) : points;
    },
    [{}],
  );
}
