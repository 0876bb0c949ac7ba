import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  Runtime as LambdaRuntime,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import {
  generatedName,
  integerSchema,
  type ProviderContext,
  type ResourceProvider,
  readProperties,
  tagsSchema,
} from './provider.js';

const type = 'AWS::Lambda::Function';
const schema = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.enum(LambdaRuntime),
  Role: z.string(),
  Description: z.string().optional(),
  MemorySize: integerSchema.default(128),
  Timeout: integerSchema.default(3),
  Architectures: z.tuple([z.enum(['x86_64', 'arm64'])]).optional(),
  EphemeralStorage: z.strictObject({ Size: integerSchema }).optional(),
  Environment: z
    .strictObject({
      Variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
    })
    .optional(),
  LoggingConfig: z
    .strictObject({ LogFormat: z.enum(['Text', 'JSON']).optional(), LogGroup: z.string().optional() })
    .optional(),
  ReservedConcurrentExecutions: integerSchema.optional(),
  Tags: tagsSchema.optional(),
});

type FunctionSettings = z.output<typeof schema>;

/** A function of the embedded Lambda, from a zip in the embedded S3. */
export const lambdaFunction: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, context) {
    const settings = readProperties(type, schema, properties);
    const { Code, Runtime, Handler, Role, Architectures, Tags } = settings;
    const FunctionName = settings.FunctionName ?? generatedName(context, 64, randomBytes(6).toString('hex'));
    const common = configurationOf(settings);
    const { FunctionArn = '' } = await context.clients.lambda.send(
      new CreateFunctionCommand({
        ...common,
        FunctionName,
        Code,
        Runtime,
        Handler,
        Role,
        Architectures,
        Tags,
      }),
    );
    await reserve(context, FunctionName, undefined, settings.ReservedConcurrentExecutions);
    return { physicalId: FunctionName, attributes: { Arn: FunctionArn } };
  },
  async update(current, properties, context) {
    const settings = readProperties(type, schema, properties);
    const before = readProperties(type, schema, current.properties);
    const { physicalId: FunctionName } = current;
    if (settings.FunctionName !== undefined && settings.FunctionName !== FunctionName)
      return lambdaFunction.create(properties, context);
    const { lambda } = context.clients;
    const { Code, Runtime, Handler, Role, Architectures, ReservedConcurrentExecutions } = settings;
    const isNewCode = !isDeepStrictEqual([Code, Architectures], [before.Code, before.Architectures]);
    if (isNewCode) await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ...Code, Architectures }));
    const configuration = { ...configurationOf(settings), Runtime, Handler, Role };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...configuration }));
    await reserve(context, FunctionName, before.ReservedConcurrentExecutions, ReservedConcurrentExecutions);
    const { FunctionArn = '' } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return { physicalId: FunctionName, attributes: { Arn: FunctionArn } };
  },
  async delete({ physicalId }, { clients }) {
    await clients.lambda.send(new DeleteFunctionCommand({ FunctionName: physicalId }));
  },
};

function configurationOf(settings: FunctionSettings) {
  const { Description = '', MemorySize, Timeout, EphemeralStorage = { Size: 512 }, LoggingConfig } = settings;
  const Environment = { Variables: settings.Environment?.Variables ?? {} };
  return { Description, MemorySize, Timeout, EphemeralStorage, Environment, LoggingConfig };
}

async function reserve(
  { clients }: ProviderContext,
  FunctionName: string,
  before: number | undefined,
  after: number | undefined,
): Promise<void> {
  if (before === after) return;
  await (after === undefined
    ? clients.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
    : clients.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: after })));
}
