import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectRendezvous } from '../../../rendezvous/client.js';
import { signToken } from '../../../rendezvous/token.js';
import { temporaryFolder } from '../temporaryFolder.js';

const secret = 'a secret for tests only';
let folder: string;
let child: ChildProcessByStdio<null, Readable, null> | undefined;
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'secret'), `${secret}\n`);
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

function start(...options: string[]): ChildProcessByStdio<null, Readable, null> {
  const muster = fileURLToPath(new URL('../../../cli/muster.ts', import.meta.url));
  const { MUSTER_RENDEZVOUS_SECRET: _, ...env } = process.env;
  const command = ['--import', 'tsx', muster, 'rendezvous', '--json', ...options];
  child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'], env });
  return child;
}

async function result(process: ChildProcessByStdio<null, Readable, null>) {
  const [line]: [string] = await once(createInterface(process.stdout), 'line').then(([text]) => [String(text)]);
  return JSON.parse(line);
}

function connect(url: string, runId: string) {
  const identity = { runId, rank: 0, worldSize: 1, generation: 0 };
  const token = signToken(secret, { purpose: 'member', ...identity, expiresAtMs: Date.now() + 60_000 });
  const listener = { formed() {}, frame() {}, gone() {}, failed() {} };
  return connectRendezvous({ ...identity, url, token, timeoutMs: 1000, listener });
}

it('serves with TLS, and after SIGTERM lets groups finish but begins none', async () => {
  const process = start('--secret-file', join(folder, 'secret'), '--tls', '--certificate-directory', folder);
  const { url, fingerprint, pid } = await result(process);
  expect(url).toMatch(new RegExp(`^wss://127.0.0.1:\\d+#sha256=${fingerprint}$`));
  expect(pid).toBe(process.pid);
  const link = await connect(url, 'first');
  process.kill('SIGTERM');
  // Refused from the moment when the signal has arrived.
  for (let run = 0; ; run++) {
    const late = await connect(url, `late-${run}`).catch((error: unknown) => error);
    if (late instanceof Error) {
      expect(late).toMatchObject({ code: 'RENDEZVOUS_UNREACHABLE', cause: { reason: 'DRAINING' } });
      break;
    }
    if (typeof late === 'object' && late && 'close' in late && typeof late.close === 'function') await late.close();
  }
  const exited = once(process, 'exit');
  await link.close();
  expect(await exited).toEqual([0, null]);
});

it('tells the members when they have not finished in time', async () => {
  const process = start('--secret-file', join(folder, 'secret'), '--drain-seconds', '0');
  const { url } = await result(process);
  let end: (error: unknown) => void = () => {};
  const failure = new Promise((resolve) => {
    end = resolve;
  });
  const identity = { runId: 'run', rank: 0, worldSize: 1, generation: 0 };
  const token = signToken(secret, { purpose: 'member', ...identity, expiresAtMs: Date.now() + 60_000 });
  const listener = { formed() {}, frame() {}, gone() {}, failed: end };
  await connectRendezvous({ ...identity, url, token, timeoutMs: 5000, listener });
  const exited = once(process, 'exit');
  process.kill('SIGTERM');
  expect(await failure).toMatchObject({ code: 'RENDEZVOUS_LOST', message: /the server stops/ });
  expect(await exited).toEqual([1, null]);
});

it('ends well when nobody has come for the time that it waits', async () => {
  const process = start('--secret-file', join(folder, 'secret'), '--stop-when-idle', '1s');
  const exited = once(process, 'exit');
  await result(process);
  expect(await exited).toEqual([0, null]);
});

it.each([
  ['parameters without a certificate to publish', ['--parameters', '/muster/test'], /needs --tls/],
  ['two places for the secret', ['--parameters', '/muster/test', '--tls', '--secret-file', 'SECRET'], /not from both/],
  ['no secret', [], /no secret/],
  ['an unknown limit', ['--secret-file', 'SECRET', '--limit', 'maxFools=3'], /maxFools/],
])('is wrong usage with %s', async (_case, options, message) => {
  const process = start(...options.map((option) => (option === 'SECRET' ? join(folder, 'secret') : option)));
  const exited = once(process, 'exit');
  expect(await result(process)).toMatchObject({ error: { code: 'USAGE', message } });
  expect(await exited).toEqual([2, null]);
});
