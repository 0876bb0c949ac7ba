import { z } from 'zod';
import type { CodeSource } from './codeStore.js';
import { InvalidParameterValueError } from './errors.js';
import {
  architectureSchema,
  descriptionSchema,
  environmentSchema,
  ephemeralStorageMbSchema,
  type FunctionDefinition,
  functionDefinitionSchema,
  functionNameSchema,
  handlerSchema,
  logFormatSchema,
  logGroupSchema,
  memoryMbSchema,
  roleSchema,
  runtimeSchema,
  timeoutSSchema,
} from './functionDefinition.js';
import type { Account } from './functionName.js';
import { type FunctionRevision, logGroupOf } from './functionRevision.js';
import { parseParameters } from './parameters.js';

/** The `FunctionConfiguration` shape of the Lambda API. */
export function describeFunction(account: Account, revision: FunctionRevision): object {
  const { definition, arn, version, revisionId, lastModified } = revision;
  return {
    FunctionName: definition.name,
    FunctionArn: arn,
    Runtime: definition.runtime,
    Role: definition.role ?? `arn:aws:iam::${account.accountId}:role/${definition.name}`,
    Handler: definition.handler,
    Description: definition.description ?? '',
    Timeout: definition.timeoutS,
    MemorySize: definition.memoryMb,
    LastModified: lastModified.toISOString().replace('Z', '+0000'),
    ...(definition.code && { CodeSha256: definition.code.sha256, CodeSize: definition.code.sizeBytes }),
    Version: version,
    ...(Object.keys(definition.environment).length > 0 && { Environment: { Variables: definition.environment } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [definition.architecture],
    EphemeralStorage: { Size: definition.ephemeralStorageMb },
    LoggingConfig: { LogFormat: definition.logFormat, LogGroup: logGroupOf(definition) },
  };
}

/** Settings of a function as the API names them. What is not here is refused, not ignored. */
const settings = {
  MemorySize: memoryMbSchema.optional(),
  Timeout: timeoutSSchema.optional(),
  Environment: z.strictObject({ Variables: environmentSchema.optional() }).optional(),
  EphemeralStorage: z.strictObject({ Size: ephemeralStorageMbSchema }).optional(),
  LoggingConfig: z
    .strictObject({ LogFormat: logFormatSchema.optional(), LogGroup: logGroupSchema.optional() })
    .optional(),
  Description: descriptionSchema.optional(),
};
const architecturesSchema = z.tuple([architectureSchema]);

const updateSchema = z.strictObject({
  ...settings,
  Handler: handlerSchema.optional(),
  Role: roleSchema.optional(),
  Runtime: runtimeSchema.optional(),
  RevisionId: z.string().optional(),
});

const codeFields = {
  ZipFile: z.base64().optional(),
  S3Bucket: z.string().optional(),
  S3Key: z.string().optional(),
};

const createSchema = z.strictObject({
  ...settings,
  FunctionName: functionNameSchema,
  Handler: handlerSchema,
  Role: roleSchema,
  Runtime: runtimeSchema,
  Architectures: architecturesSchema.optional(),
  PackageType: z.literal('Zip').optional(),
  Publish: z.boolean().default(false),
  Tags: z.record(z.string(), z.string()).optional(),
  Code: z.strictObject(codeFields),
});

const codeSchema = z.strictObject({
  ...codeFields,
  Architectures: architecturesSchema.optional(),
  Publish: z.boolean().default(false),
  RevisionId: z.string().optional(),
});

/** A change of a function's configuration. */
export type ConfigurationChange = Partial<Omit<FunctionDefinition, 'key' | 'name' | 'artifactFolder' | 'code'>>;

/** A function whose code is still to be unpacked. */
export interface NewFunction {
  readonly definition: Omit<FunctionDefinition, 'artifactFolder' | 'code'>;
  readonly source: CodeSource;
  readonly publish: boolean;
}

/**
 * Reads the body of `UpdateFunctionConfiguration`.
 *
 * @throws InvalidParameterValueError listing every fault.
 */
export function parseConfigurationChange(body: unknown): { change: ConfigurationChange; revisionId?: string } {
  const { Handler, Role, Runtime, RevisionId, ...rest } = parseParameters(updateSchema, body);
  return {
    change: {
      ...settingsOf(rest),
      ...(Handler !== undefined && { handler: Handler }),
      ...(Role !== undefined && { role: Role }),
      ...(Runtime !== undefined && { runtime: Runtime }),
    },
    revisionId: RevisionId,
  };
}

/**
 * Reads the body of `CreateFunction`.
 *
 * @throws InvalidParameterValueError listing every fault.
 */
export function parseNewFunction(body: unknown): NewFunction {
  const { FunctionName, Handler, Role, Runtime, Architectures, Publish, Tags, Code, PackageType, ...rest } =
    parseParameters(createSchema, body);
  const { artifactFolder: _unknownYet, ...definition } = functionDefinitionSchema.parse({
    memoryMb: 128,
    timeoutS: 3,
    ...settingsOf(rest),
    key: FunctionName,
    name: FunctionName,
    handler: Handler,
    role: Role,
    runtime: Runtime,
    artifactFolder: '.',
    ...(Architectures && { architecture: Architectures[0] }),
    ...(Tags && { tags: Tags }),
  });
  return { definition, source: sourceOf(Code), publish: Publish };
}

/**
 * Reads the body of `UpdateFunctionCode`.
 *
 * @throws InvalidParameterValueError listing every fault.
 */
export function parseCodeChange(body: unknown): {
  readonly source: CodeSource;
  readonly architecture?: FunctionDefinition['architecture'];
  readonly publish: boolean;
  readonly revisionId?: string;
} {
  const { Architectures, Publish, RevisionId, ...code } = parseParameters(codeSchema, body);
  return { source: sourceOf(code), architecture: Architectures?.[0], publish: Publish, revisionId: RevisionId };
}

function settingsOf(given: z.output<z.ZodObject<typeof settings>>): ConfigurationChange {
  const { MemorySize, Timeout, Environment, EphemeralStorage, LoggingConfig, Description } = given;
  return {
    ...(MemorySize !== undefined && { memoryMb: MemorySize }),
    ...(Timeout !== undefined && { timeoutS: Timeout }),
    ...(Environment && { environment: Environment.Variables ?? {} }),
    ...(EphemeralStorage && { ephemeralStorageMb: EphemeralStorage.Size }),
    ...(LoggingConfig?.LogFormat && { logFormat: LoggingConfig.LogFormat }),
    ...(LoggingConfig?.LogGroup && { logGroup: LoggingConfig.LogGroup }),
    ...(Description !== undefined && { description: Description }),
  };
}

function sourceOf({ ZipFile, S3Bucket, S3Key }: z.output<z.ZodObject<typeof codeFields>>): CodeSource {
  if (ZipFile !== undefined && S3Bucket === undefined && S3Key === undefined)
    return { zip: Buffer.from(ZipFile, 'base64') };
  if (ZipFile === undefined && S3Bucket !== undefined && S3Key !== undefined) return { bucket: S3Bucket, key: S3Key };
  throw new InvalidParameterValueError('Please provide either the code as ZipFile or S3Bucket and S3Key.');
}
