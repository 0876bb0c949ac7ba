import { z } from 'zod';
import { InvalidFunctionDefinitionError } from './errors.js';

/** Bytes that all environment variables of a function may take, names and values together (Lambda quota). */
const maxEnvironmentBytes = 4096;

/** Variables that Lambda sets itself and refuses in a function's configuration. */
const reservedVariables = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

/** Environment variables of a function: names as Lambda allows them, 4 KB in all. */
export const environmentSchema = z.record(z.string(), z.string()).superRefine((variables, context) => {
  let bytes = 0;
  for (const [name, value] of Object.entries(variables)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (!/^[a-zA-Z]\w+$/.test(name))
      context.addIssue({ code: 'custom', path: [name], message: 'must match [a-zA-Z][a-zA-Z0-9_]+' });
    if (reservedVariables.has(name))
      context.addIssue({ code: 'custom', path: [name], message: 'is reserved: Lambda sets it itself' });
  }
  if (bytes > maxEnvironmentBytes)
    context.addIssue({ code: 'custom', message: `takes ${bytes} bytes; Lambda allows ${maxEnvironmentBytes}` });
});

export const memoryMbSchema = z.int().min(128).max(10_240);
export const timeoutSSchema = z.int().min(1).max(900);
export const ephemeralStorageMbSchema = z.int().min(512).max(10_240);
export const handlerSchema = z
  .string()
  .regex(/^[^\s.][^\s]*\.[^\s.]+$/, 'must be <file>.<export>, such as index.handler');
export const logFormatSchema = z.enum(['Text', 'JSON']);
export const logGroupSchema = z.string().regex(/^[.\-_/#A-Za-z0-9]{1,512}$/, 'must be the name of a log group');
export const architectureSchema = z.enum(['x86_64', 'arm64']);
export const runtimeSchema = z.string().regex(/^nodejs\d+\.x$/, 'must be a Node.js runtime such as nodejs22.x');
export const functionNameSchema = z
  .string()
  .regex(/^[a-zA-Z0-9-_]{1,64}$/, 'must be 1 to 64 letters, digits, hyphens and underscores');
export const descriptionSchema = z.string().max(256);
export const roleSchema = z
  .string()
  .regex(/^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/, 'must be the ARN of an IAM role');

/** What a zip was that a function was made from. */
const codeSchema = z.strictObject({
  /** Base64 of the SHA-256 of the zip, as the API reports it. */
  sha256: z.string(),
  sizeBytes: z.int().min(0),
});

/** One Lambda function as the embedded cloud serves it. */
export const functionDefinitionSchema = z.strictObject({
  /** What `serverless.yml` calls it. */
  key: z.string().min(1),
  /** What AWS calls it. */
  name: functionNameSchema,
  handler: handlerSchema,
  /** Folder that holds what the deployed zip holds. */
  artifactFolder: z.string().min(1),
  memoryMb: memoryMbSchema,
  timeoutS: timeoutSSchema,
  ephemeralStorageMb: ephemeralStorageMbSchema.default(512),
  environment: environmentSchema.default({}),
  reservedConcurrency: z.int().min(0).optional(),
  logFormat: logFormatSchema.default('Text'),
  /** Default: `/aws/lambda/<name>`. */
  logGroup: logGroupSchema.optional(),
  architecture: architectureSchema.default('x86_64'),
  runtime: runtimeSchema,
  description: descriptionSchema.optional(),
  /** Kept and reported; the embedded cloud has one key pair and no permissions. */
  role: roleSchema.optional(),
  tags: z.record(z.string(), z.string()).optional(),
  /** Of functions that were made from a zip. */
  code: codeSchema.optional(),
});

export type FunctionDefinition = z.output<typeof functionDefinitionSchema>;
/** A definition whose defaults are not filled in yet. */
export type FunctionDefinitionInput = z.input<typeof functionDefinitionSchema>;
export type LogFormat = z.output<typeof logFormatSchema>;

/**
 * Validates definitions, fills in the defaults of Lambda and refuses two functions of one name.
 *
 * @throws InvalidFunctionDefinitionError that lists every fault of every definition.
 */
export function parseFunctionDefinitions(definitions: readonly FunctionDefinitionInput[]): FunctionDefinition[] {
  const faults: string[] = [];
  const parsed: FunctionDefinition[] = [];
  const names = new Set<string>();
  for (const definition of definitions) {
    const result = functionDefinitionSchema.safeParse(definition);
    if (!result.success) {
      for (const issue of result.error.issues)
        faults.push(`function ${definition.key}, ${issue.path.join('.') || 'definition'}: ${issue.message}`);
      continue;
    }
    if (names.has(result.data.name)) faults.push(`function ${definition.key}: the name ${result.data.name} is taken`);
    names.add(result.data.name);
    parsed.push(result.data);
  }
  if (faults.length > 0) throw new InvalidFunctionDefinitionError(faults);
  return parsed;
}
