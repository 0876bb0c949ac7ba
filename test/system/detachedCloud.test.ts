import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMuster } from './muster.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-detached-'));
});
afterAll(async () => {
  await muster('down');
  await rm(directory, { recursive: true });
});

const muster = (...args: string[]) => startMuster([...args, '--directory', directory]).finished;

it('muster up --detach tells of the one cloud of its directory, whoever started it', async () => {
  const both = await Promise.all([muster('up', '--detach', '--json'), muster('up', '--detach', '--json')]);
  expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
  const [first, second] = both.map(({ stdout }) => JSON.parse(stdout));
  expect(second).toEqual(first);

  const again = await muster('up', '--detach');
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining(`already runs on ${directory}`) });
  expect(again.stdout).toContain(`export AWS_ENDPOINT_URL=${first.endpoint}\n`);
  expect(again.stdout).toContain(`export AWS_SECRET_ACCESS_KEY=${first.secretAccessKey}\n`);

  const elsewhere = await muster('up', '--detach', '--json', '--port', '1');
  expect(elsewhere.code).toBe(1);
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({ error: { code: 'CLOUD_IN_USE' } });
}, 30_000);
