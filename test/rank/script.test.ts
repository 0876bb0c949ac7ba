import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OutsideRunError, ScriptError } from '../../rank/errors.js';
import { outputKey } from '../../run/keys.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { attemptRank, planRun } from './oneRank.js';

let s3: EmbeddedS3;
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'muster-script-test-'));
  vi.stubEnv('TMPDIR', temporary);
  s3 = await startEmbeddedS3();
  await s3.store().put(s3.bucket, 'survey/1.npy', 'not looked at');
});
afterAll(async () => {
  await s3.close();
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

/** Uploads a script with a module beside it and runs it as rank 0 of 1. */
async function runScript(source: string, params = {}) {
  const prefix = `scripts/${Math.random().toString(36).slice(2)}`;
  const store = s3.store();
  await store.put(s3.bucket, `${prefix}/main.mjs`, source);
  await store.put(s3.bucket, `${prefix}/lib/double.mjs`, 'export const double = (value) => 2 * value;');
  const plan = await planRun(
    s3,
    ['survey/1.npy'],
    { script: { kind: 'module', prefix, key: `${prefix}/main.mjs` } },
    { S3_object_name: prefix, params },
  );
  return { plan, metrics: await attemptRank(s3, plan) };
}

describe('scripts of users', () => {
  it('run with their folder, their parameters, the communicator and the run beside them', async () => {
    const { plan, metrics } = await runScript(
      `import { double } from './lib/double.mjs';
       export default async function run(ctx) {
         const world = await ctx.communicator;
         const total = await world.allreduce(Float64Array.of(double(ctx.params.value)), 'sum');
         const data = await ctx.s3.read('s3://' + ctx.payload.bucket + '/' + ctx.partitions[0].key);
         await ctx.saveResult('total.json', { total: total[0], rank: ctx.rank, of: ctx.worldSize, bytes: data.length });
       }`,
      { value: 21 },
    );
    const key = outputKey(plan.resultPrefix, 0, 'total.json');
    expect(metrics.muster.outputs).toEqual([key]);
    const saved = JSON.parse(new TextDecoder().decode(await s3.store().getBytes(s3.bucket, key)));
    expect(saved).toEqual({ total: 42, rank: 0, of: 1, bytes: 13 });
  });

  it.each([
    ['has no default export', 'export const run = 1;', /has no function as its default export/],
    ['cannot be parsed', 'export default async (', /could not be imported/],
    ['imports what is not there', `import './gone.mjs'; export default async () => {};`, /could not be imported.*gone/],
  ])('are refused when the module %s', async (_, source, message) => {
    const refused = runScript(source);
    await expect(refused).rejects.toThrow(ScriptError);
    await expect(refused).rejects.toThrow(message);
  });

  it.each([
    ['reads', `await ctx.s3.read('s3://' + ctx.payload.bucket + '/secrets.txt')`],
    ['reads another bucket than', `await ctx.s3.read('s3://elsewhere/survey/1.npy')`],
    ['writes', `await ctx.saveResult('../../plan.json', {})`],
  ])('are stopped when one %s what is not of the run', async (_, statement) => {
    await expect(runScript(`export default async (ctx) => { ${statement}; }`)).rejects.toThrow(OutsideRunError);
  });

  it('leave no more than one version in /tmp', async () => {
    await runScript('export default async () => {};');
    const first = await readdir(join(temporary, 'muster-scripts'));
    await runScript('export default async () => 2;');
    const second = await readdir(join(temporary, 'muster-scripts'));
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(second).not.toEqual(first);
  });

  it('fail the attempt with their own error', async () => {
    const source = `export default async () => { throw new RangeError('the script says no'); }`;
    await expect(runScript(source)).rejects.toThrow('the script says no');
  });
});
