import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PayloadInput } from '../../run/payload.js';
import { executorProcesses } from './executorProcesses.js';
import { SystemUnderTest, startMuster } from './muster.js';

describe('muster demo', () => {
  it('runs the whole system, shows what came of it and leaves nothing running', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'muster-demo-'));
    const { code, stdout, stderr } = await startMuster(['demo', '--directory', directory]).finished;
    const text = stdout + stderr;
    expect({ code, text }).toMatchObject({ code: 0 });
    for (const word of [
      '6 of 6 ranks',
      'straggler ratio',
      'MAE',
      'NMAD',
      'outliers',
      'R2',
      'Bill',
      'combined_data.json',
      'summary.json',
      'report.html',
    ]) {
      expect(text).toContain(word);
    }
    const summary = JSON.parse(await readFile(join(directory, 'demo', 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ status: 'SUCCEEDED', ranks: { succeeded: 6 }, collectives: { agrees: true } });
    expect(summary.quality.r2).toBeGreaterThan(0.95);
    await rm(directory, { recursive: true });
  }, 120_000);
});

describe('a run of a script', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await SystemUnderTest.start();
    await system.put('data/1.npy', '-');
    await system.put('data/2.npy', '-');
    await system.put(
      'scripts/hello/hello.mjs',
      `export default async function run(ctx) {
         const world = await ctx.communicator;
         const sum = await world.allreduce(Float64Array.of(ctx.rank + 1), 'sum');
         ctx.logger.info('hello from rank ' + ctx.rank);
         await ctx.saveResult('sum.json', { sum: sum[0], greeting: ctx.params.greeting });
         if (ctx.params.wait) await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
       }`,
    );
  });
  afterAll(async () => {
    const pid = system.pid;
    expect(await system.close()).toBe(0);
    expect(await executorProcesses(pid)).toEqual([]);
  });

  const payload = (name: string, params: NonNullable<PayloadInput['params']>) => ({
    bucket: system.bucket,
    S3_object_name: 'scripts/hello',
    script: 'hello.mjs',
    data_prefix: 'data',
    result_path: `results/${name}`,
    params,
  });

  it('gives every rank its own folder of results and its own log', async () => {
    const result = await system.start(payload('hello', { greeting: 'good day' })).result;
    expect(result).toMatchObject({ status: 'SUCCEEDED', ranks: { succeeded: 2 } });
    for (const rank of [0, 1]) {
      const saved = await system.readJson(`${result.resultPrefix}/output/${rank}/sum.json`);
      expect(saved).toEqual({ sum: 3, greeting: 'good day' });
    }
    const { stdout, code } = await system.muster('logs', result.runId, '--rank', '1');
    expect(code).toBe(0);
    expect(stdout).toContain('hello from rank 1');
    expect(stdout).not.toContain('hello from rank 0');
    expect(stdout).toMatch(/REPORT RequestId: /);
  });

  it('finds its meeting place before the ranks start when they use the relay', async () => {
    const result = await system.start({ ...payload('met', {}), collectives: 'relay' }).result;
    expect(result).toMatchObject({ status: 'SUCCEEDED', ranks: { succeeded: 2 } });
    const states = await system.statesOf(result.runId);
    expect(states).toEqual(['Initialize', 'NeedsRendezvous', 'StartRendezvous', 'RunRanks', 'Aggregate']);
    expect(result.bill?.lines.map(({ item }) => item)).toContain('rendezvous-host');
    // The key of the run is gone with the run.
    expect(await system.store().head(system.bucket, 'results/met/rendezvous.json')).toBeUndefined();
  });

  it.each(['storage', 'none'] as const)(
    'never looks for a meeting place when its ranks use %s',
    async (collectives) => {
      const alone = collectives === 'none' ? { world_size: 1 } : {};
      const result = await system.start({ ...payload(`apart-${collectives}`, {}), ...alone, collectives }).result;
      expect(result).toMatchObject({ status: 'SUCCEEDED' });
      expect(await system.statesOf(result.runId)).toEqual(['Initialize', 'NeedsRendezvous', 'RunRanks', 'Aggregate']);
      expect(result.bill?.lines.map(({ item }) => item)).not.toContain('rendezvous-host');
    },
  );

  it('is stopped by Ctrl-C', async () => {
    const { child, result } = system.start(payload('interrupted', { wait: true }), '--name', 'interrupted');
    const saved = `s3://${system.bucket}/results/interrupted/output/1/sum.json`;
    while ((await system.readJson(saved).catch(() => undefined)) === undefined) {
      if (child.exitCode !== null) throw new Error('the run ended before it could be interrupted');
    }
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: 130, status: 'ABORTED', runId: 'interrupted' });
    const { stdout } = await system.muster('status', 'interrupted', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ABORTED' });
  }, 60_000);

  it('is stopped when nobody reads what the command writes', async () => {
    const args = ['run', '-', '--name', 'unread', '--directory', system.directory];
    const { child, finished } = startMuster(args, JSON.stringify(payload('unread', { wait: true })));
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect(await finished).toMatchObject({ code: 141 });
    const { stdout } = await system.muster('status', 'unread', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ABORTED' });
  }, 60_000);
});
