import { z } from 'zod';
import { InvalidParameterValueError } from './errors.js';
import {
  environmentSchema,
  ephemeralStorageMbSchema,
  handlerSchema,
  logFormatSchema,
  memoryMbSchema,
  timeoutSSchema,
} from './functionDefinition.js';
import type { Account } from './functionName.js';
import type { ConfigurationChange, FunctionRevision } from './functionRegistry.js';

/** The `FunctionConfiguration` shape of the Lambda API. */
export function describeFunction(
  account: Account,
  { definition, arn, revisionId, lastModified }: FunctionRevision,
): object {
  return {
    FunctionName: definition.name,
    FunctionArn: arn,
    Runtime: definition.runtime,
    Role: `arn:aws:iam::${account.accountId}:role/${definition.name}`,
    Handler: definition.handler,
    Description: '',
    Timeout: definition.timeoutS,
    MemorySize: definition.memoryMb,
    LastModified: lastModified.toISOString().replace('Z', '+0000'),
    Version: '$LATEST',
    ...(Object.keys(definition.environment).length > 0 && { Environment: { Variables: definition.environment } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [definition.architecture],
    EphemeralStorage: { Size: definition.ephemeralStorageMb },
    LoggingConfig: { LogFormat: definition.logFormat, LogGroup: `/aws/lambda/${definition.name}` },
  };
}

/** What the embedded Lambda takes of `UpdateFunctionConfiguration`; anything else is refused, not ignored. */
const updateSchema = z.strictObject({
  MemorySize: memoryMbSchema.optional(),
  Timeout: timeoutSSchema.optional(),
  Handler: handlerSchema.optional(),
  Environment: z.strictObject({ Variables: environmentSchema.optional() }).optional(),
  EphemeralStorage: z.strictObject({ Size: ephemeralStorageMbSchema }).optional(),
  LoggingConfig: z.strictObject({ LogFormat: logFormatSchema.optional() }).optional(),
  RevisionId: z.string().optional(),
});

/**
 * Reads the body of `UpdateFunctionConfiguration`.
 *
 * @throws InvalidParameterValueError listing every fault.
 */
export function parseConfigurationChange(body: unknown): { change: ConfigurationChange; revisionId?: string } {
  const parsed = updateSchema.safeParse(body);
  if (!parsed.success)
    throw new InvalidParameterValueError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '),
    );
  const { MemorySize, Timeout, Handler, Environment, EphemeralStorage, LoggingConfig, RevisionId } = parsed.data;
  return {
    change: {
      ...(MemorySize !== undefined && { memoryMb: MemorySize }),
      ...(Timeout !== undefined && { timeoutS: Timeout }),
      ...(Handler !== undefined && { handler: Handler }),
      ...(Environment && { environment: Environment.Variables ?? {} }),
      ...(EphemeralStorage && { ephemeralStorageMb: EphemeralStorage.Size }),
      ...(LoggingConfig?.LogFormat && { logFormat: LoggingConfig.LogFormat }),
    },
    revisionId: RevisionId,
  };
}
