import { InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, LambdaFixture } from './lambdaFixture.js';

const source = `export const handler = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms));`;

let lambda: LambdaFixture;
beforeAll(async () => {
  lambda = await LambdaFixture.start({ sleeper: { source } });
});
afterAll(() => lambda.close());

/** A signed GET of any path: the request of another operation, sent elsewhere. */
async function getJson(path: string): Promise<unknown> {
  const command = new ListFunctionsCommand({});
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { path });
      return next(args);
    },
    { step: 'build' },
  );
  let text = '';
  command.middlewareStack.add(
    () => async (args) => {
      const { method, headers } = args.request as { method: string; headers: Record<string, string> };
      const response = await fetch(`${lambda.endpoint}${path}`, { method, headers });
      text = await response.text();
      return { response, output: { $metadata: {} } };
    },
    { step: 'deserialize', priority: 'high' },
  );
  await lambda.client.send(command);
  return JSON.parse(text);
}

test('the endpoint tells which process runs which request, so that it can be killed', async () => {
  const running = lambda.client.send(new InvokeCommand({ FunctionName: 'sleeper', Payload: '{"ms":60000}' }));
  const { pid } = await eventually(() => lambda.service.environments().find(({ state }) => state === 'busy'));
  const answer = await getJson('/_muster/environments');
  expect(answer).toEqual({
    Environments: [
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        functionName: 'sleeper',
        version: '$LATEST',
        state: 'busy',
        pid,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        logStreamName: expect.stringContaining('[$LATEST]'),
      },
    ],
  });
  process.kill(pid ?? 0, 'SIGKILL');
  expect((await running).FunctionError).toBe('Unhandled');
  expect(await getJson('/_muster/environments')).toEqual({ Environments: [] });
});

test('an operation that the embedded Lambda does not have is refused by name', async () => {
  expect(await getJson('/2015-03-31/functions/sleeper/event-invoke-config')).toEqual({
    Type: 'User',
    Message: 'The embedded Lambda has no operation GET /2015-03-31/functions/sleeper/event-invoke-config.',
  });
});
