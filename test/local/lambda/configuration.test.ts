import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  paginateListFunctions,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidFunctionDefinitionError } from '../../../local/lambda/errors.js';
import { type FunctionDefinitionInput, parseFunctionDefinitions } from '../../../local/lambda/functionDefinition.js';
import { decode, LambdaFixture } from './lambdaFixture.js';

const source = `export const handler = async () => ({ pid: process.pid, memory: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, mode: process.env.MODE });`;

let lambda: LambdaFixture;
beforeAll(async () => {
  lambda = await LambdaFixture.start({
    first: { source, memoryMb: 512, timeoutS: 7, environment: { MODE: 'a' } },
    second: { source },
    third: { source },
  });
});
afterAll(() => lambda.close());

async function run(): Promise<{ pid: number; memory: string; mode: string }> {
  const { Payload } = await lambda.client.send(new InvokeCommand({ FunctionName: 'first' }));
  return decode(Payload) as { pid: number; memory: string; mode: string };
}

test('GetFunction and GetFunctionConfiguration tell what serverless.yml says', async () => {
  const { Configuration, Code } = await lambda.client.send(new GetFunctionCommand({ FunctionName: 'first' }));
  expect(Configuration).toMatchObject({
    FunctionName: 'first',
    FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:first',
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 7,
    Environment: { Variables: { MODE: 'a' } },
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/first' },
    State: 'Active',
  });
  expect(Code?.Location).toBe(`${lambda.folder}/functions/first`);
  const configuration = await lambda.client.send(new GetFunctionConfigurationCommand({ FunctionName: 'first' }));
  expect(configuration).toMatchObject({ RevisionId: Configuration?.RevisionId, MemorySize: 512 });
});

test('ListFunctions pages', async () => {
  const names: (string | undefined)[] = [];
  let pages = 0;
  for await (const page of paginateListFunctions({ client: lambda.client, pageSize: 2 }, {})) {
    pages++;
    names.push(...(page.Functions ?? []).map(({ FunctionName }) => FunctionName));
  }
  expect({ names, pages }).toEqual({ names: ['first', 'second', 'third'], pages: 2 });
});

test('UpdateFunctionConfiguration takes effect in new environments', async () => {
  const before = await run();
  const { RevisionId } = await lambda.client.send(new GetFunctionConfigurationCommand({ FunctionName: 'first' }));
  const updated = await lambda.client.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'first',
      MemorySize: 300,
      Timeout: 9,
      Environment: { Variables: { MODE: 'b' } },
      RevisionId,
    }),
  );
  expect(updated).toMatchObject({ MemorySize: 300, Timeout: 9, LastUpdateStatus: 'Successful' });
  expect(updated.RevisionId).not.toBe(RevisionId);
  await waitUntilFunctionUpdatedV2({ client: lambda.client, maxWaitTime: 5 }, { FunctionName: 'first' });
  const after = await run();
  expect(after).toMatchObject({ memory: '300', mode: 'b' });
  expect(after.pid).not.toBe(before.pid);
  await expect(
    lambda.client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'first', Timeout: 8, RevisionId })),
  ).rejects.toMatchObject({ name: 'PreconditionFailedException' });
});

test('UpdateFunctionConfiguration refuses what it does not know or Lambda does not allow', async () => {
  const update = lambda.client.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'first',
      MemorySize: 64,
      Timeout: 901,
      Role: 'arn:aws:iam::1:role/x',
    }),
  );
  await expect(update).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringMatching(/MemorySize: .*Timeout: .*Role/s),
  });
});

test('all faults of all definitions are listed at once', () => {
  const good: FunctionDefinitionInput = {
    key: 'good',
    name: 'good',
    handler: 'index.handler',
    artifactFolder: 'dist/good',
    memoryMb: 128,
    timeoutS: 1,
    runtime: 'nodejs22.x',
  };
  const bad = { ...good, key: 'bad', name: 'not a name', memoryMb: 1, environment: { AWS_REGION: 'x', '9': 'y' } };
  const twin = { ...good, key: 'twin' };
  let thrown: unknown;
  try {
    parseFunctionDefinitions([good, bad, twin]);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InvalidFunctionDefinitionError);
  expect((thrown as InvalidFunctionDefinitionError).faults).toEqual([
    expect.stringContaining('function bad, name'),
    expect.stringContaining('function bad, memoryMb'),
    expect.stringContaining('function bad, environment.9'),
    expect.stringContaining('function bad, environment.AWS_REGION'),
    'function twin: the name good is taken',
  ]);
});
