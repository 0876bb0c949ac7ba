import { buffer } from 'node:stream/consumers';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { decode, LambdaFixture } from './lambdaFixture.js';

const sizeSource = `export const handler = async (_event, context) => ({
  memory: context.memoryLimitInMB, version: context.functionVersion, arn: context.invokedFunctionArn, pid: process.pid,
});`;
const role = 'arn:aws:iam::000000000000:role/anybody';

let fixture: LambdaFixture;
afterEach(() => fixture.close());

async function zipOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  return buffer(zip.outputStream);
}

async function answerOf(FunctionName: string, Qualifier?: string): Promise<unknown> {
  const { Payload } = await fixture.client.send(new InvokeCommand({ FunctionName, Qualifier }));
  return decode(Payload);
}

function create(FunctionName: string, zip: Buffer) {
  return fixture.client.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: role,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      MemorySize: 256,
      Timeout: 10,
      Code: { ZipFile: zip },
    }),
  );
}

describe('versions and aliases of a function', () => {
  it('keeps a published version as it was while $LATEST changes, and runs both side by side', async () => {
    fixture = await LambdaFixture.start({ size: { source: sizeSource } });
    const { client } = fixture;
    const first = await client.send(new PublishVersionCommand({ FunctionName: 'size' }));
    expect(first).toMatchObject({ Version: '1', MemorySize: 256, FunctionArn: expect.stringMatching(/:size:1$/) });
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'size', MemorySize: 512 }));
    await client.send(new CreateAliasCommand({ FunctionName: 'size', Name: 'memory-256', FunctionVersion: '1' }));

    expect(await answerOf('size')).toMatchObject({ memory: '512', version: '$LATEST' });
    const byAlias = await answerOf('size', 'memory-256');
    expect(byAlias).toMatchObject({ memory: '256', version: '1', arn: expect.stringMatching(/:size:memory-256$/) });
    expect(await answerOf('size', '1')).toMatchObject({ pid: (byAlias as { pid: number }).pid });
    const { ExecutedVersion } = await client.send(new InvokeCommand({ FunctionName: 'size', Qualifier: 'memory-256' }));
    expect(ExecutedVersion).toBe('1');
  });

  it('publishes nothing new when nothing has changed, and never uses a number twice', async () => {
    fixture = await LambdaFixture.start({ size: { source: sizeSource } });
    const { client } = fixture;
    const publish = async () => (await client.send(new PublishVersionCommand({ FunctionName: 'size' }))).Version;
    expect([await publish(), await publish()]).toEqual(['1', '1']);
    await client.send(new DeleteFunctionCommand({ FunctionName: 'size', Qualifier: '1' }));
    expect(await publish()).toBe('2');
    const { Versions } = await client.send(new ListVersionsByFunctionCommand({ FunctionName: 'size' }));
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '2']);
  });

  it('refuses to publish or change a revision that the caller has not seen', async () => {
    fixture = await LambdaFixture.start({ size: { source: sizeSource } });
    const stale = { FunctionName: 'size', RevisionId: 'stale' };
    await expect(fixture.client.send(new PublishVersionCommand(stale))).rejects.toThrow('Revision Id');
    await expect(
      fixture.client.send(new UpdateFunctionConfigurationCommand({ ...stale, MemorySize: 512 })),
    ).rejects.toMatchObject({ name: 'PreconditionFailedException' });
  });

  it('moves an alias, lists aliases, and removes a version only when no alias names it', async () => {
    fixture = await LambdaFixture.start({ size: { source: sizeSource } });
    const { client } = fixture;
    const alias = { FunctionName: 'size', Name: 'live' };
    await client.send(new PublishVersionCommand({ FunctionName: 'size' }));
    await client.send(new CreateAliasCommand({ ...alias, FunctionVersion: '1', Description: 'first' }));
    await expect(client.send(new CreateAliasCommand({ ...alias, FunctionVersion: '1' }))).rejects.toMatchObject({
      name: 'ResourceConflictException',
    });
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'size', MemorySize: 512 }));
    await client.send(new PublishVersionCommand({ FunctionName: 'size' }));
    await expect(client.send(new UpdateAliasCommand({ ...alias, FunctionVersion: '9' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const removal = new DeleteFunctionCommand({ FunctionName: 'size', Qualifier: '1' });
    await expect(client.send(removal)).rejects.toThrow('the following aliases reference it: [live]');
    await client.send(new UpdateAliasCommand({ ...alias, FunctionVersion: '2' }));
    expect(await client.send(new GetAliasCommand(alias))).toMatchObject({ FunctionVersion: '2', Description: 'first' });
    await client.send(removal);
    await expect(answerOf('size', '1')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const { Aliases } = await client.send(new ListAliasesCommand({ FunctionName: 'size' }));
    expect(Aliases).toMatchObject([{ Name: 'live', FunctionVersion: '2' }]);
    await client.send(new DeleteAliasCommand(alias));
    await expect(client.send(new GetAliasCommand(alias))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('functions from a zip', () => {
  it('runs what the zip holds, then what a later zip holds', async () => {
    fixture = await LambdaFixture.start({});
    const { client } = fixture;
    const say = (word: string) => zipOf({ 'index.mjs': `export const handler = () => Promise.resolve('${word}');` });
    const created = await create('words', await say('first'));
    expect(created).toMatchObject({ State: 'Active', CodeSize: expect.any(Number), Role: role });
    expect(await answerOf('words')).toBe('first');
    const updated = await client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'words', ZipFile: await say('second') }),
    );
    expect(updated.CodeSha256).not.toBe(created.CodeSha256);
    expect(await answerOf('words')).toBe('second');
    await expect(create('words', await say('third'))).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await client.send(new DeleteFunctionCommand({ FunctionName: 'words' }));
    await expect(client.send(new GetFunctionCommand({ FunctionName: 'words' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('finds functions, versions and aliases again after a restart', async () => {
    fixture = await LambdaFixture.start({});
    await create('kept', await zipOf({ 'index.mjs': sizeSource }));
    await fixture.client.send(new PublishVersionCommand({ FunctionName: 'kept' }));
    await fixture.client.send(new CreateAliasCommand({ FunctionName: 'kept', Name: 'live', FunctionVersion: '1' }));
    await fixture.restart();
    expect(await answerOf('kept', 'live')).toMatchObject({ memory: '256', version: '1' });
  });

  it('refuses what is no zip, a file outside of the folder, and a missing object', async () => {
    fixture = await LambdaFixture.start({});
    await expect(create('broken', Buffer.from('no zip'))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('Could not unzip uploaded file'),
    });
    const escaping = Buffer.from(
      (await zipOf({ 'xx/evil.mjs': '' })).toString('latin1').replaceAll('xx/', '../'),
      'latin1',
    );
    await expect(create('evil', escaping)).rejects.toThrow('Could not unzip uploaded file');
    const missing = { FunctionName: 'none', Role: role, Runtime: 'nodejs22.x', Handler: 'index.handler' } as const;
    await expect(
      fixture.client.send(new CreateFunctionCommand({ ...missing, Code: { S3Bucket: 'b', S3Key: 'k.zip' } })),
    ).rejects.toThrow('s3://b/k.zip');
  });

  it('reports every fault of a new function at once', async () => {
    fixture = await LambdaFixture.start({});
    const zip = await zipOf({ 'index.mjs': sizeSource });
    const faulty = new CreateFunctionCommand({
      FunctionName: 'no spaces please',
      Role: 'nobody',
      Runtime: 'python3.12',
      Handler: 'index.handler',
      MemorySize: 1,
      Code: { ZipFile: zip },
    });
    const error = await fixture.client.send(faulty).catch((thrown: Error) => thrown);
    for (const field of ['FunctionName', 'Role', 'Runtime', 'MemorySize']) expect(String(error)).toContain(`${field}:`);
  });
});
