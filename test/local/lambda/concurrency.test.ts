import {
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ConcurrencyLimits } from '../../../local/lambda/concurrency.js';
import { TooManyRequestsError } from '../../../local/lambda/errors.js';
import { FunctionRegistry } from '../../../local/lambda/functionRegistry.js';
import { FunctionStore } from '../../../local/lambda/functionStore.js';
import { account, decode, eventually, LambdaFixture } from './lambdaFixture.js';

const source = `export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; };`;

let lambda: LambdaFixture;
afterEach(() => lambda.close());

function invoke(FunctionName: string, ms: number) {
  return lambda.client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ ms }) }));
}

test('what exceeds the account is throttled, and what has ended makes room', async () => {
  lambda = await LambdaFixture.start({ a: { source }, b: { source } }, { accountConcurrency: 3 });
  const settings = await lambda.client.send(new GetAccountSettingsCommand({}));
  expect(settings.AccountLimit).toMatchObject({ ConcurrentExecutions: 3, UnreservedConcurrentExecutions: 3 });
  expect(settings.AccountUsage).toMatchObject({ FunctionCount: 2 });
  const answers = await Promise.allSettled([300, 300, 300, 300, 300].map((ms, n) => invoke(n % 2 ? 'a' : 'b', ms)));
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  expect(refused).toHaveLength(2);
  for (const error of refused)
    expect(error).toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'ConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
      $metadata: { httpStatusCode: 429 },
    });
  expect((await invoke('a', 1)).StatusCode).toBe(200);
});

test('reserved concurrency limits its function and is taken from the others', async () => {
  lambda = await LambdaFixture.start(
    { a: { source, reservedConcurrency: 1 }, b: { source } },
    { accountConcurrency: 110 },
  );
  const { client } = lambda;
  const unreserved = async () =>
    (await client.send(new GetAccountSettingsCommand({}))).AccountLimit?.UnreservedConcurrentExecutions;
  expect(await unreserved()).toBe(109);
  const running = invoke('a', 300);
  await eventually(() => lambda.service.environments().some(({ state }) => state !== 'idle'));
  await expect(invoke('a', 1)).rejects.toMatchObject({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' });
  expect((await invoke('b', 1)).StatusCode).toBe(200);
  expect((await running).StatusCode).toBe(200);

  const FunctionName = 'a';
  expect(
    await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 10 })),
  ).toMatchObject({
    ReservedConcurrentExecutions: 10,
  });
  expect((await client.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions).toBe(
    10,
  );
  expect((await client.send(new GetFunctionCommand({ FunctionName }))).Concurrency).toEqual({
    ReservedConcurrentExecutions: 10,
  });
  await expect(
    client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 11 })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValueException', message: expect.stringContaining('[100]') });
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  await expect(invoke('a', 1)).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  expect(
    (await client.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions,
  ).toBeUndefined();
  expect(await unreserved()).toBe(110);
  expect(decode((await invoke('a', 1)).Payload)).toEqual(expect.any(Number));
});

describe('the limits, whatever happens', () => {
  test('never let in more than the account or a reservation holds, and give everything back', async () => {
    lambda = await LambdaFixture.start({});
    const definition = (name: string, reservedConcurrency?: number) => ({
      key: name,
      name,
      handler: 'index.handler',
      artifactFolder: '/x',
      memoryMb: 128,
      timeoutS: 1,
      runtime: 'nodejs22.x',
      reservedConcurrency,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.record({ name: fc.constantFrom('reserved', 'free', 'other'), leave: fc.boolean() }), {
          maxLength: 300,
        }),
        (reserved, steps) => {
          const registry = new FunctionRegistry(account, new FunctionStore('/nowhere', account), [
            definition('reserved', reserved),
            definition('free'),
            definition('other'),
          ]);
          const limits = new ConcurrencyLimits(registry, 100 + reserved);
          const held: (() => void)[] = [];
          for (const { name, leave } of steps) {
            if (leave) held.shift()?.();
            else
              try {
                held.push(limits.acquire(name));
              } catch (error) {
                expect(error).toBeInstanceOf(TooManyRequestsError);
                if (name === 'reserved') expect(limits.inFlight(name)).toBe(reserved);
                else expect(limits.inFlight('free') + limits.inFlight('other')).toBe(100);
              }
            expect(limits.inFlight('reserved')).toBeLessThanOrEqual(reserved);
            expect(limits.inFlight('free') + limits.inFlight('other')).toBeLessThanOrEqual(100);
          }
          for (const release of held) {
            release();
            release();
          }
          for (const name of ['reserved', 'free', 'other']) expect(limits.inFlight(name)).toBe(0);
        },
      ),
    );
  });
});
