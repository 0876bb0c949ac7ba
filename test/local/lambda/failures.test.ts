import { InvokeCommand, ServiceException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode, eventually, LambdaFixture, processesOfGroup } from './lambdaFixture.js';

const forever = 'new Promise(() => setInterval(() => {}, 1e6))';

let lambda: LambdaFixture;
beforeAll(async () => {
  lambda = await LambdaFixture.start({
    slow: {
      source: `export const handler = async () => { console.log('waiting'); await ${forever}; };`,
      timeoutS: 1,
    },
    hungry: {
      memoryMb: 128,
      source: `const kept = []; export const handler = async () => {
          for (;;) { kept.push(Buffer.alloc(8 << 20, 1)); await new Promise((r) => setTimeout(r, 2)); } };`,
    },
    spiky: {
      memoryMb: 128,
      source: `export const handler = async () => Buffer.alloc(200 << 20, 1).length;`,
    },
    victim: {
      source: `export const handler = async ({ hang }) => { if (hang) await ${forever}; return process.pid; };`,
    },
    quitter: {
      source: `export const handler = async ({ code }) => { console.log('leaving'); process.exit(code); };`,
    },
    drained: { source: `export const handler = () => new Promise(() => {});` },
    parent: {
      source: `import { spawn } from 'node:child_process';
          export const handler = async ({ hang }) => {
            const child = spawn('sleep', ['600'], { stdio: 'inherit' });
            if (hang) await ${forever};
            return child.pid; };`,
    },
    unloadable: { source: `console.log('loading'); throw new TypeError('not today'); export const handler = 1;` },
    unparsable: { source: `export const handler = async () => {` },
    missing: { source: `export const other = 1;` },
    absent: { source: '', handler: 'nowhere.handler' },
    homeless: { source: '', artifactFolder: '/nonexistent/folder' },
    initQuits: { source: `process.exit(3);` },
  });
});
afterAll(() => lambda.close());

async function invoke(FunctionName: string, event: unknown = {}) {
  const { FunctionError, Payload } = await lambda.client.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
  );
  return { FunctionError, answer: decode(Payload) as { errorType: string; errorMessage: string } };
}

function environmentOf(functionName: string, state: string) {
  return lambda.service
    .environments()
    .find((environment) => environment.functionName === functionName && environment.state === state);
}

describe('an environment that fails', () => {
  test('by running out of time is ended, and says so', async () => {
    const running = invoke('slow');
    const { pid } = await eventually(() => environmentOf('slow', 'busy'));
    const { FunctionError, answer } = await running;
    expect(FunctionError).toBe('Unhandled');
    expect(answer.errorType).toBe('Sandbox.Timedout');
    expect(answer.errorMessage).toMatch(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$/);
    expect(processesOfGroup(pid ?? 0)).toEqual([]);
    expect(lambda.service.environments().filter(({ functionName }) => functionName === 'slow')).toEqual([]);
    const [, start, waiting, timedOut, end, report] = lambda.logs.messages('slow');
    expect(start).toMatch(/^START /);
    expect(waiting).toMatch(/\tINFO\twaiting\n$/);
    expect(timedOut).toMatch(/^\d{4}-.*Z [0-9a-f-]{36} Task timed out after 1\.00 seconds\n\n$/);
    expect(end).toMatch(/^END /);
    expect(report).toMatch(
      /\tDuration: 1000\.00 ms\tBilled Duration: \d+ ms\t.*\tInit Duration: [\d.]+ ms\tStatus: timeout\n$/,
    );
  });

  test.each(['hungry', 'spiky'])('by taking more memory than it has (%s) is killed', async (name) => {
    const { answer } = await invoke(name);
    expect(answer.errorType).toBe('Runtime.OutOfMemory');
    expect(answer.errorMessage).toMatch(/^RequestId: \S+ Error: Runtime exited with error: signal: killed$/);
    expect(lambda.logs.messages(name).at(-1)).toMatch(
      /\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t.*Status: error\tError Type: Runtime.OutOfMemory\n$/,
    );
  });

  test('by kill -9 answers what Lambda answers, and the next invocation gets a new process', async () => {
    const running = invoke('victim', { hang: true });
    const { pid = 0, requestId } = await eventually(() => environmentOf('victim', 'busy'));
    process.kill(pid, 'SIGKILL');
    expect((await running).answer).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    });
    const next = await invoke('victim');
    expect(next.FunctionError).toBeUndefined();
    expect(next.answer).not.toBe(pid);
  });

  test('by dying while idle is replaced without an error', async () => {
    const first = Number((await invoke('victim')).answer);
    process.kill(first, 'SIGKILL');
    await eventually(() => !environmentOf('victim', 'idle'));
    const { FunctionError, answer } = await invoke('victim');
    expect(FunctionError).toBeUndefined();
    expect(Number(answer)).not.toBe(first);
  });

  test('by exiting says with which status', async () => {
    expect((await invoke('quitter', { code: 7 })).answer).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 7$/),
    });
    expect((await invoke('quitter', { code: 0 })).answer.errorMessage).toMatch(
      /Error: Runtime exited without providing a reason$/,
    );
    const messages = lambda.logs.messages('quitter');
    expect(messages.find((message) => message.includes('exit status'))).toMatch(
      /^RequestId: \S+ Error: Runtime exited with error: exit status 7\nRuntime\.ExitError\n$/,
    );
    expect(messages.at(-1)).toMatch(/\tStatus: error\tError Type: Runtime\.ExitError\n$/);
  });

  test('by having nothing left to wait for is not waited for', async () => {
    expect((await invoke('drained')).answer.errorType).toBe('Runtime.ExitError');
  });

  test('takes the processes that it started with it', async () => {
    const running = invoke('parent', { hang: true });
    const { pid = 0 } = await eventually(() => environmentOf('parent', 'busy'));
    await eventually(() => processesOfGroup(pid).length === 2);
    process.kill(pid, 'SIGKILL');
    await running;
    expect(processesOfGroup(pid)).toEqual([]);
  });
});

describe('an init phase that fails', () => {
  test.each([
    ['unloadable', 'TypeError', /^not today$/],
    ['unparsable', 'Runtime.UserCodeSyntaxError', /SyntaxError/],
    ['missing', 'Runtime.HandlerNotFound', /^index\.handler is undefined or not exported$/],
    ['absent', 'Runtime.ImportModuleError', /Cannot find module 'nowhere'/],
    ['initQuits', 'Runtime.ExitError', /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/],
  ])('because of the code (%s) is tried again, then answered', async (name, errorType, message) => {
    const { FunctionError, answer } = await invoke(name);
    expect(FunctionError).toBe('Unhandled');
    expect(answer).toMatchObject({ errorType, errorMessage: expect.stringMatching(message) });
    const platform = lambda.logs.messages(name).filter((line) => /^(INIT_REPORT|START|END|REPORT)/.test(line));
    expect(platform.map((line) => line.replace(/[\d.]+ ms|RequestId: \S+/g, '#'))).toEqual([
      `INIT_REPORT Init Duration: #\tPhase: init\tStatus: error\tError Type: ${errorType}\n`,
      `INIT_REPORT Init Duration: #\tPhase: invoke\tStatus: error\tError Type: ${errorType}\n`,
      'START # Version: $LATEST\n',
      'END #\n',
      expect.stringMatching(/^REPORT (?!.*Init Duration).*\tStatus: error\tError Type: /),
    ]);
  });

  test('because the code is not there is a fault of the service', async () => {
    const failure = await invoke('homeless').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceException);
    expect(failure).toMatchObject({ message: expect.stringContaining('/nonexistent/folder') });
  });
});
