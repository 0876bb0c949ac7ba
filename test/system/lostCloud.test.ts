import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemUnderTest, startMuster } from './muster.js';

let system: SystemUnderTest;
beforeAll(async () => {
  system = await SystemUnderTest.start();
  await system.put('data/1.npy', 'unread');
  await system.put(
    'scripts/endless/endless.mjs',
    `export default async (ctx) => {
      ctx.logger.info('waiting for nothing');
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    };`,
  );
});
afterAll(async () => {
  await system.close();
});

it('muster logs --follow says that the cloud has ended under it', async () => {
  const payload = {
    bucket: system.bucket,
    S3_object_name: 'scripts/endless',
    script: 'endless.mjs',
    data_prefix: 'data',
    result_path: 'results/endless',
  };
  const args = ['run', '-', '--detach', '--name', 'endless', '--directory', system.directory];
  expect(await startMuster(args, JSON.stringify(payload)).finished).toMatchObject({ code: 0 });
  // Asked for at once, before there is any rank to follow.
  const { child, finished } = startMuster(['logs', 'endless', '--follow', '--directory', system.directory]);
  if (!child.stdout) throw new Error('expected a pipe');
  await once(child.stdout, 'data');
  process.kill(system.pid, 'SIGKILL');
  expect(await finished).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ended under this command.*CLOUD_ENDED/s),
  });
}, 30_000);
