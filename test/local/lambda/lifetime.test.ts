import { spawn } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, expect, test } from 'vitest';
import { decode, eventually, LambdaFixture, processesOfGroup } from './lambdaFixture.js';

const sleeper = {
  source: `import { spawn } from 'node:child_process';
    export const handler = async ({ ms, child }) => {
      if (child) spawn('sleep', ['600'], { stdio: 'ignore' });
      await new Promise((r) => setTimeout(r, ms));
      return process.pid; };`,
};
/** Waits until a file exists. */
const waiter = {
  source: `import { existsSync } from 'node:fs';
    export const handler = async ({ file }) => {
      while (file && !existsSync(file)) await new Promise((r) => setTimeout(r, 5));
      return process.pid; };`,
};
const stubborn = {
  source: `process.on('SIGTERM', () => {}); export const handler = async () => process.pid;`,
};

let lambda: LambdaFixture | undefined;
afterEach(() => lambda?.close());

function invoke(fixture: LambdaFixture, FunctionName: string, event: object = {}) {
  return fixture.client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
}

test('closing ends idle and busy environments, stubborn ones too, and what they started', async () => {
  const fixture = await LambdaFixture.start({ sleeper, stubborn });
  await Promise.all([invoke(fixture, 'stubborn'), invoke(fixture, 'sleeper', { ms: 1 })]);
  const busy = Promise.allSettled([
    invoke(fixture, 'sleeper', { ms: 60_000, child: true }),
    invoke(fixture, 'sleeper', { ms: 60_000, child: true }),
  ]);
  await eventually(() => fixture.service.environments().filter(({ state }) => state === 'busy').length === 2);
  const pids = fixture.service.environments().map(({ pid }) => pid ?? 0);
  expect(pids).toHaveLength(3);
  await fixture.close();
  for (const { status } of await busy) expect(status).toBe('rejected');
  expect(pids.flatMap(processesOfGroup)).toEqual([]);
});

test('closing while processes start leaves none behind', async () => {
  const fixture = await LambdaFixture.start({ sleeper }, { concurrentStarts: 2 });
  const started = Promise.allSettled(Array.from({ length: 8 }, () => invoke(fixture, 'sleeper', { ms: 60_000 })));
  await eventually(() => fixture.service.environments().some(({ pid }) => pid !== undefined));
  const folder = join(fixture.folder, 'lambda', 'environments');
  await fixture.service.close();
  for (const { status } of await started) expect(status).toBe('rejected');
  await expect(access(folder)).rejects.toThrow();
  await fixture.close();
});

test('an environment that idles too long ends', async () => {
  lambda = await LambdaFixture.start({ sleeper }, { idleTimeoutMs: 50 });
  const first = Number(decode((await invoke(lambda, 'sleeper', { ms: 1 })).Payload));
  await eventually(() => lambda?.service.environments().length === 0);
  await expect.poll(() => processesOfGroup(first)).toEqual([]);
});

test('the environment used last is used first', async () => {
  lambda = await LambdaFixture.start({ waiter });
  const fixture = lambda;
  const file = join(fixture.folder, 'go');
  const waiting = invoke(fixture, 'waiter', { file });
  await eventually(() => fixture.service.environments().some(({ state }) => state === 'busy'));
  const other = decode((await invoke(fixture, 'waiter')).Payload);
  await writeFile(file, '');
  const last = decode((await waiting).Payload);
  expect(last).not.toBe(other);
  expect(decode((await invoke(fixture, 'waiter')).Payload)).toBe(last);
});

test('environments die with a cloud that is killed', async () => {
  const program = fileURLToPath(new URL('./fixtures/hangingCloud.ts', import.meta.url));
  const cloud = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => {
    cloud.stdout.on('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
  });
  expect(processesOfGroup(pid)).toEqual([pid]);
  cloud.kill('SIGKILL');
  await eventually(() => processesOfGroup(pid).length === 0);
});
