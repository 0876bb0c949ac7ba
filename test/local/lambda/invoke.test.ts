import { InvokeCommand, LambdaServiceException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode, LambdaFixture } from './lambdaFixture.js';

const echo = `
  export async function handler(event, context) {
    const { getRemainingTimeInMillis, ...rest } = context;
    return { event, pid: process.pid, cwd: process.cwd(), env: process.env, context: rest, remainingMs: getRemainingTimeInMillis() };
  }`;

interface Echo {
  event: unknown;
  pid: number;
  cwd: string;
  env: Record<string, string>;
  context: Record<string, string>;
  remainingMs: number;
}

let lambda: LambdaFixture;
beforeAll(async () => {
  lambda = await LambdaFixture.start(
    {
      echo: { source: echo, environment: { MODE: 'test', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, memoryMb: 300 },
      sleeper: {
        source: `export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; };`,
      },
      thrower: {
        source: `export const handler = async ({ what }) => {
          class OddError extends Error { name = 'OddError'; }
          if (what === 'string') throw 'just text';
          if (what === 'later') { setTimeout(() => { throw new OddError('later'); }, 5); await new Promise(() => setInterval(() => {}, 1e6)); }
          if (what === 'rejection') { Promise.reject(new OddError('unhandled')); await new Promise(() => setInterval(() => {}, 1e6)); }
          throw new OddError('boom'); };`,
      },
      large: { source: `export const handler = async ({ bytes }) => 'x'.repeat(bytes);` },
      nothing: { source: `export const handler = async () => {};` },
    },
    { environment: { SHARED: 'yes' } },
  );
});
afterAll(() => lambda.close());

async function invoke(FunctionName: string, event?: unknown) {
  const Payload = event === undefined ? undefined : JSON.stringify(event);
  return lambda.client.send(new InvokeCommand({ FunctionName, Payload }));
}

describe('a synchronous invocation', () => {
  test('starts cold with the environment and context of Lambda, then is warm in the same process', async () => {
    const cold = await invoke('echo', { n: 1 });
    expect(cold).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(cold.FunctionError).toBeUndefined();
    const first = decode(cold.Payload) as Echo;
    expect(first.event).toEqual({ n: 1 });
    expect(first.cwd).toBe(`${lambda.folder}/functions/echo`);
    expect(first.remainingMs).toBeGreaterThan(9000);
    expect(first.remainingMs).toBeLessThanOrEqual(10_000);
    expect(first.env).toMatchObject({
      MODE: 'test',
      SHARED: 'yes',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '300',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/echo',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      LAMBDA_TASK_ROOT: first.cwd,
      _HANDLER: 'index.handler',
      TZ: ':UTC',
    });
    expect(first.env.TMPDIR).toMatch(/^.*\/environments\/[0-9a-f]{32}\/tmp$/);
    const own = Object.keys(process.env).filter((name) => !(name in first.env));
    expect(own).toContain('VITEST');
    expect(
      Object.keys(first.env)
        .filter((name) => !/^(AWS_|LAMBDA_|_)/.test(name))
        .sort(),
    ).toEqual(['HOME', 'LANG', 'MODE', 'PATH', 'SHARED', 'TMPDIR', 'TZ'].sort());
    expect(first.context).toMatchObject({
      functionName: 'echo',
      functionVersion: '$LATEST',
      memoryLimitInMB: '300',
      logGroupName: '/aws/lambda/echo',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:echo',
    });
    expect(first.context.logStreamName).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);

    const second = decode((await invoke('echo')).Payload) as Echo;
    expect(second.pid).toBe(first.pid);
    expect(second.event).toEqual({});
    expect(second.context.awsRequestId).not.toBe(first.context.awsRequestId);
  });

  test('accepts names, partial ARNs, ARNs and the $LATEST qualifier', async () => {
    for (const name of [
      'nothing',
      'nothing:$LATEST',
      'function:nothing',
      '000000000000:function:nothing',
      'arn:aws:lambda:us-east-1:000000000000:function:nothing',
      'arn:aws:lambda:us-east-1:000000000000:function:nothing:$LATEST',
    ])
      expect(decode((await invoke(name)).Payload)).toBeNull();
  });

  test('runs each concurrent invocation in a process of its own', async () => {
    const pids = await Promise.all(Array.from({ length: 8 }, () => invoke('sleeper', { ms: 800 })));
    expect(new Set(pids.map(({ Payload }) => decode(Payload))).size).toBe(8);
  });

  test('answers what the handler threw', async () => {
    const { FunctionError, Payload, StatusCode } = await invoke('thrower', {});
    expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 });
    expect(decode(Payload)).toEqual({
      errorType: 'OddError',
      errorMessage: 'boom',
      trace: expect.arrayContaining(['OddError: boom']),
    });
    expect(decode((await invoke('thrower', { what: 'string' })).Payload)).toEqual({
      errorType: 'string',
      errorMessage: 'just text',
      trace: [],
    });
  });

  test('answers exceptions outside of the handler, and starts anew after them', async () => {
    expect(decode((await invoke('thrower', { what: 'later' })).Payload)).toMatchObject({
      errorType: 'OddError',
      errorMessage: 'later',
    });
    expect(decode((await invoke('thrower', { what: 'rejection' })).Payload)).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'OddError: unhandled',
    });
    expect((await invoke('thrower', {})).FunctionError).toBe('Unhandled');
  });

  test('gives the end of the log with LogType Tail', async () => {
    const { LogResult } = await lambda.client.send(new InvokeCommand({ FunctionName: 'nothing', LogType: 'Tail' }));
    const tail = Buffer.from(LogResult ?? '', 'base64').toString();
    expect(tail).toMatch(/^START RequestId: (\S+) Version: \$LATEST\nEND RequestId: \1\nREPORT RequestId: \1\t/);
  });

  test('passes the client context on', async () => {
    const ClientContext = Buffer.from('{"custom":{"a":1}}').toString('base64');
    const { Payload } = await lambda.client.send(new InvokeCommand({ FunctionName: 'echo', ClientContext }));
    expect((decode(Payload) as Echo).context.clientContext).toEqual({ custom: { a: 1 } });
  });

  test('refuses a result of more than 6 MB', async () => {
    expect(decode((await invoke('large', { bytes: 6 * 1024 * 1024 })).Payload)).toHaveLength(6 * 1024 * 1024);
    const { FunctionError, Payload } = await invoke('large', { bytes: 6 * 1024 * 1024 + 200 });
    expect(FunctionError).toBe('Unhandled');
    expect(decode(Payload)).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
  });
});

describe('an invocation that cannot be', () => {
  async function refusal(input: ConstructorParameters<typeof InvokeCommand>[0]): Promise<LambdaServiceException> {
    try {
      await lambda.client.send(new InvokeCommand(input));
    } catch (error) {
      if (error instanceof LambdaServiceException) return error;
      throw error;
    }
    throw new Error('the invocation was accepted');
  }

  test('is refused in the shape of the real service', async () => {
    const unknown = await refusal({ FunctionName: 'nobody' });
    expect(unknown).toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody',
      $metadata: { httpStatusCode: 404 },
    });
    expect(await refusal({ FunctionName: 'echo', Qualifier: 'PROD' })).toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(await refusal({ FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:echo' })).toMatchObject({
      name: 'InvalidParameterValueException',
    });
    expect(await refusal({ FunctionName: 'echo', Payload: '{"broken"' })).toMatchObject({
      name: 'InvalidRequestContentException',
      $metadata: { httpStatusCode: 400 },
    });
    expect(await refusal({ FunctionName: 'echo', Payload: `"${'x'.repeat(6 * 1024 * 1024)}"` })).toMatchObject({
      name: 'RequestTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
    expect(
      await refusal({ FunctionName: 'echo', InvocationType: 'Event', Payload: `"${'x'.repeat(1024 * 1024)}"` }),
    ).toMatchObject({ name: 'RequestTooLargeException' });
  });

  test('is refused without a valid signature', async () => {
    const url = `${lambda.endpoint}/2015-03-31/functions/echo/invocations`;
    const response = await fetch(url, { method: 'POST', body: '{}' });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await response.json()).toEqual({ message: expect.any(String) });
  });

  test('DryRun checks without running', async () => {
    const before = lambda.service.environments().length;
    const { StatusCode } = await lambda.client.send(
      new InvokeCommand({ FunctionName: 'large', InvocationType: 'DryRun', Payload: '{"bytes":1}' }),
    );
    expect(StatusCode).toBe(204);
    expect(lambda.service.environments()).toHaveLength(before);
  });
});
