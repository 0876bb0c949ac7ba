import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitingTask } from './definitions/tasks.js';
import { EndlessFunction } from './endlessFunction.js';
import { credentials, roleArn, type StatesCloud, single, startStatesCloud } from './statesCloud.js';

const pass = single({ Type: 'Pass' });
const endless = new EndlessFunction();
let cloud: StatesCloud;
beforeAll(async () => {
  cloud = await startStatesCloud({ wait: endless.run });
});
afterAll(() => cloud.close());

const create = (fields: Partial<CreateStateMachineCommand['input']>) =>
  cloud.sfn.send(new CreateStateMachineCommand({ name: 'm', roleArn, definition: JSON.stringify(pass), ...fields }));

describe('state machines', () => {
  it('are created once, described, changed, listed and deleted', async () => {
    const { stateMachineArn, creationDate } = await create({ name: 'life' });
    expect(stateMachineArn).toBe('arn:aws:states:us-east-1:123456789012:stateMachine:life');
    expect(creationDate).toBeInstanceOf(Date);
    expect((await create({ name: 'life' })).creationDate).toEqual(creationDate);
    const changed = JSON.stringify(single({ Type: 'Succeed' })).replace(',"End":true', '');
    await expect(create({ name: 'life', definition: changed })).rejects.toMatchObject({
      name: 'StateMachineAlreadyExists',
    });
    const { executionArn } = await cloud.sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const { revisionId } = await cloud.sfn.send(
      new UpdateStateMachineCommand({ stateMachineArn, definition: changed }),
    );
    const described = await cloud.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described).toMatchObject({
      name: 'life',
      status: 'ACTIVE',
      type: 'STANDARD',
      roleArn,
      definition: changed,
      revisionId,
    });
    const before = await cloud.sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(before.definition).toBe(JSON.stringify(pass));
    const listed = await cloud.sfn.send(new ListStateMachinesCommand({}));
    expect(listed.stateMachines?.map(({ name }) => name)).toContain('life');
    await cloud.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await expect(cloud.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });

  it('carry tags', async () => {
    const { stateMachineArn: resourceArn } = await create({ name: 'tagged', tags: [{ key: 'a', value: '1' }] });
    await cloud.sfn.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'b', value: '2' }] }));
    await cloud.sfn.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    const { tags } = await cloud.sfn.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ key: 'b', value: '2' }]);
  });

  it('are refused with every fault of the definition in the message', async () => {
    const definition = JSON.stringify({ StartAt: 'X', States: { A: { Type: 'Pass', Foo: 1, End: true } } });
    const refused = create({ name: 'bad', definition });
    await expect(refused).rejects.toMatchObject({ name: 'InvalidDefinition' });
    await expect(refused).rejects.toThrow(/\/StartAt.*/);
    await expect(refused).rejects.toThrow(/\/States\/A\/Foo/);
    const validated = await cloud.sfn.send(new ValidateStateMachineDefinitionCommand({ definition }));
    expect(validated.result).toBe('FAIL');
    expect(validated.diagnostics?.map(({ location }) => location).sort()).toEqual([
      '/StartAt',
      '/States/A',
      '/States/A/Foo',
    ]);
    const fine = await cloud.sfn.send(new ValidateStateMachineDefinitionCommand({ definition: JSON.stringify(pass) }));
    expect(fine).toMatchObject({ result: 'OK', diagnostics: [] });
  });

  it.each<[string, Partial<CreateStateMachineCommand['input']>, string]>([
    ['a name with spaces', { name: 'a b' }, 'InvalidName'],
    ['EXPRESS', { name: 'e', type: 'EXPRESS' }, 'StateMachineTypeNotSupported'],
    ['a role that is none', { name: 'r', roleArn: 'me' }, 'ValidationException'],
    ['logging', { name: 'l', loggingConfiguration: { level: 'ALL' } }, 'ValidationException'],
    ['a version', { name: 'v', publish: true }, 'ValidationException'],
  ])('%s is refused', async (_what, fields, name) => {
    await expect(create(fields)).rejects.toMatchObject({ name });
  });
});

describe('executions', () => {
  it('have names of their own; the same start again finds the running one', async () => {
    const stateMachineArn = await cloud.create(waitingTask);
    const start = (input: object) =>
      cloud.sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'once', input: JSON.stringify(input) }));
    const first = await start({ heartbeat: 500 });
    expect(await start({ heartbeat: 500 })).toMatchObject({
      executionArn: first.executionArn,
      startDate: first.startDate,
    });
    await expect(start({ heartbeat: 501 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const { stopDate } = await cloud.sfn.send(new StopExecutionCommand({ executionArn: first.executionArn }));
    expect(stopDate).toBeInstanceOf(Date);
    await expect(start({ heartbeat: 500 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each<[string, Partial<StartExecutionCommand['input']>, string]>([
    ['a bad name', { name: 'a/b' }, 'InvalidName'],
    ['input that is no JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['input over 256 KiB', { input: JSON.stringify('x'.repeat(262_143)) }, 'InvalidExecutionInput'],
    ['an ARN of something else', { stateMachineArn: 'arn:aws:lambda:us-east-1:1:function:f' }, 'InvalidArn'],
    [
      'no such state machine',
      { stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:nothing' },
      'StateMachineDoesNotExist',
    ],
  ])('%s is refused', async (_what, fields, name) => {
    const stateMachineArn = await cloud.create(pass);
    await expect(cloud.sfn.send(new StartExecutionCommand({ stateMachineArn, ...fields }))).rejects.toMatchObject({
      name,
    });
  });

  it('are listed newest first, by status, in pages that new ones do not shift', async () => {
    const stateMachineArn = await cloud.create(pass);
    const start = async (name: string) => {
      const { executionArn } = await cloud.sfn.send(new StartExecutionCommand({ stateMachineArn, name }));
      await cloud.ended(executionArn!);
    };
    for (const name of ['e1', 'e2', 'e3']) await start(name);
    const page = (fields: object) => cloud.sfn.send(new ListExecutionsCommand({ stateMachineArn, ...fields }));
    const first = await page({ maxResults: 2 });
    expect(first.executions?.map(({ name }) => name)).toEqual(['e3', 'e2']);
    await start('e4');
    const second = await page({ maxResults: 2, nextToken: first.nextToken });
    expect(second.executions?.map(({ name }) => name)).toEqual(['e1']);
    expect(second.nextToken).toBeUndefined();
    expect((await page({ statusFilter: 'FAILED' })).executions).toEqual([]);
    expect((await page({ statusFilter: 'SUCCEEDED' })).executions).toHaveLength(4);
    await expect(page({ nextToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('give their history in pages, in either order, with or without data', async () => {
    const { executionArn } = await cloud.run(pass, { secret: 1 });
    const page = (fields: object) => cloud.sfn.send(new GetExecutionHistoryCommand({ executionArn, ...fields }));
    const first = await page({ maxResults: 3 });
    expect(first.events?.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(first.events?.[0]?.timestamp).toBeInstanceOf(Date);
    const rest = await page({ maxResults: 3, nextToken: first.nextToken });
    expect(rest.events?.map(({ type }) => type)).toEqual(['ExecutionSucceeded']);
    expect(rest.nextToken).toBeUndefined();
    const newest = await page({ maxResults: 1, reverseOrder: true });
    expect(newest.events?.map(({ id }) => id)).toEqual([4]);
    const older = await page({ maxResults: 9, reverseOrder: true, nextToken: newest.nextToken });
    expect(older.events?.map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(JSON.stringify(older.events)).toContain('secret');
    expect(JSON.stringify((await page({ includeExecutionData: false })).events)).not.toContain('secret');
  });

  it('that do not exist are an error', async () => {
    const executionArn = 'arn:aws:states:us-east-1:123456789012:execution:m:nothing';
    await expect(cloud.sfn.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
  });
});

describe('requests', () => {
  it('must be signed with the right keys', async () => {
    const stranger = new SFNClient({
      endpoint: cloud.endpoint,
      region: 'us-east-1',
      credentials: { ...credentials, secretAccessKey: 'wrong' },
      maxAttempts: 1,
    });
    await expect(stranger.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    stranger.destroy();
  });

  it('for an unknown operation are refused by its name', async () => {
    const answer = await fetch(cloud.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSStepFunctions.Dance' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      __type: 'UnknownOperationException',
      message: expect.stringContaining('Dance'),
    });
  });
});
