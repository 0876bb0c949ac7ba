import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { saveFile, tensorContent, writePartition } from '../../data/index.js';
import type { SweepResult } from '../../sweep/sweepResult.js';
import { startMuster } from './muster.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-sweep-'));
  await mkdir(join(folder, 'data'));
  const values = tensorContent('values', { dtype: 'float32', shape: [10], data: new Float32Array(10) });
  for (let index = 1; index <= 6; index++)
    await saveFile(join(folder, 'data', `${index}.npy`), writePartition('npy', [values]));
  // A rank takes at least 600 ms, so that there is somebody to interrupt and to kill.
  await writeFile(
    join(folder, 'slow.mjs'),
    `import { setTimeout as work } from 'node:timers/promises';
     export default async function run(ctx) {
       for (const partition of ctx.partitions) {
         await work(200);
         await ctx.finishPartition(partition, { samples: 10, batches: 1 });
       }
     }`,
  );
  await writeFile(
    join(folder, 'sweep.json'),
    JSON.stringify({
      name: 'killed',
      payload: {
        bucket: 'muster-local',
        S3_object_name: 'scripts',
        script: 'slow.mjs',
        data_prefix: 'data',
        result_path: 'results',
        world_size: 2,
        collectives: 'none',
      },
      files: { data: 'data', 'slow.mjs': 'scripts' },
      vary: { failure_rate: [0, 0.5] },
      repeats: 2,
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sweep = (...options: string[]) =>
  startMuster(['sweep', join(folder, 'sweep.json'), '--json', '--directory', join(folder, '.muster'), ...options]);

it('asks before it spends, goes on after Ctrl-C where it stopped, and counts who was killed', {
  timeout: 120_000,
}, async () => {
  const unasked = await sweep().finished;
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain('Forecast: 4 runs');
  expect(JSON.parse(unasked.stdout)).toMatchObject({ error: { code: 'USAGE' } });

  const first = sweep('--yes');
  let said = '';
  first.child.stderr?.on('data', (chunk) => {
    const before = said;
    said += chunk;
    if (said.includes('1/4 runs') && !before.includes('1/4 runs')) first.child.kill('SIGINT');
  });
  const interrupted = await first.finished;
  expect(interrupted.code).toBe(130);
  const part: SweepResult = JSON.parse(interrupted.stdout);
  expect(part.ended).toBe('interrupted');
  expect(part.rows).toHaveLength(1);

  const { code, stdout, stderr } = await sweep('--yes').finished;
  expect([code, stderr]).toEqual([0, expect.stringContaining('Goes on where it stopped: 1 run')]);
  const whole: SweepResult & { files: { csv: string; report: string } } = JSON.parse(stdout);
  expect(whole.rows[0]).toEqual(part.rows[0]);
  expect(whole.rows.map(({ key }) => key).sort()).toEqual(['1-1', '1-2', '2-1', '2-2']);
  for (const { status, factors, killed, measures } of whole.rows) {
    expect(status).toBe('SUCCEEDED');
    expect(killed).toBeLessThanOrEqual(factors.failure_rate === 0 ? 0 : 1);
    expect(measures).toMatchObject({ ranks: 2, samples: 60, retries: killed });
  }
  expect((await readFile(whole.files.csv, 'utf8')).trim().split('\r\n')).toHaveLength(5);
  expect(await readFile(whole.files.report, 'utf8')).toContain('Resilience factor');

  // Everything is made: nothing runs, and nobody is asked.
  const again = await sweep().finished;
  expect(again.code).toBe(0);
  expect((JSON.parse(again.stdout) as SweepResult).rows).toEqual(whole.rows);
});
