import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, expect, test } from 'vitest';
import { eventually, LambdaFixture } from './lambdaFixture.js';

/** Notes its attempts in a file and fails the first `failures` of them. */
const source = `
  import { appendFileSync, readFileSync } from 'node:fs';
  export const handler = async ({ file, failures, crash }, { awsRequestId }) => {
    appendFileSync(file, awsRequestId + '\\n');
    const attempt = readFileSync(file, 'utf8').split('\\n').length - 1;
    if (attempt > failures) return 'done';
    if (crash) process.exit(1);
    throw new Error('attempt ' + attempt);
  };`;

let lambda: LambdaFixture;
afterEach(() => lambda.close());

async function enqueue(event: object): Promise<void> {
  const { StatusCode, Payload } = await lambda.client.send(
    new InvokeCommand({ FunctionName: 'flaky', InvocationType: 'Event', Payload: JSON.stringify(event) }),
  );
  expect(StatusCode).toBe(202);
  expect(Payload?.length ?? 0).toBe(0);
}

async function attempts(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}

function reports(): number {
  return lambda.logs.messages('flaky').filter((message) => message.startsWith('REPORT')).length;
}

test('an event is tried again with its request id until the function succeeds', async () => {
  lambda = await LambdaFixture.start({ flaky: { source } });
  const file = join(lambda.folder, 'attempts');
  await enqueue({ file, failures: 1 });
  await eventually(() => reports() === 2);
  const ids = await attempts(file);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test('an event is given up after two more attempts, also when the process crashes', async () => {
  lambda = await LambdaFixture.start({ flaky: { source } });
  for (const crash of [false, true]) {
    const file = join(lambda.folder, `attempts-${crash}`);
    await enqueue({ file, failures: 9, crash });
    await eventually(() => lambda.service.pendingEvents === 0);
    expect(await attempts(file)).toHaveLength(3);
  }
});

test('a throttled event waits and runs when there is room', async () => {
  const sleeper = `export const handler = () => new Promise((r) => setTimeout(r, 200));`;
  lambda = await LambdaFixture.start({ flaky: { source }, sleeper: { source: sleeper } }, { accountConcurrency: 1 });
  const busy = lambda.client.send(new InvokeCommand({ FunctionName: 'sleeper' }));
  await eventually(() => lambda.service.environments().length === 1);
  const file = join(lambda.folder, 'attempts');
  await enqueue({ file, failures: 0 });
  expect((await busy).StatusCode).toBe(200);
  await eventually(() => lambda.service.pendingEvents === 0);
  expect(await attempts(file)).toHaveLength(1);
});

test('closing drops events that wait for their next attempt', async () => {
  lambda = await LambdaFixture.start({ flaky: { source } }, { asyncRetryDelaysMs: [600_000] });
  await enqueue({ file: join(lambda.folder, 'attempts'), failures: 9 });
  await eventually(() => reports() === 1);
  expect(lambda.service.pendingEvents).toBe(1);
  await lambda.service.close();
  expect(lambda.service.pendingEvents).toBe(0);
});
