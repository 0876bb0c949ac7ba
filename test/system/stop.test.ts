import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stoppedSchema } from '../../run/stopped.js';
import { SystemUnderTest, startMuster } from './muster.js';

let system: SystemUnderTest;
const partitions = 60;
const ranks = 2;

beforeAll(async () => {
  system = await SystemUnderTest.start('--concurrency', '20');
  for (let index = 1; index <= partitions; index++) await system.put(`data/${index}.npy`, '-');
  // Every partition takes 200 ms and leaves the time at which it began; the last one waits for the others.
  await system.put(
    'scripts/slow/slow.mjs',
    `import { setTimeout as work } from 'node:timers/promises';
     export default async function run(ctx) {
       const world = await ctx.communicator;
       for (const partition of ctx.partitions) {
         await ctx.saveResult('began/' + partition.name + '.json', { atMs: Date.now() });
         await work(200);
         await ctx.finishPartition(partition, { samples: 1, batches: 1 });
       }
       await world.barrier();
     }`,
  );
});
afterAll(() => system.close());

const payload = (name: string) => ({
  bucket: system.bucket,
  S3_object_name: 'scripts/slow',
  script: 'slow.mjs',
  data_prefix: 'data',
  result_path: `results/${name}`,
  world_size: ranks,
  collectives: 'relay',
});

/** Keys that a run has written so far. */
async function keysUnder(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of system.store().list(system.bucket, prefix)) keys.push(key);
  return keys;
}

/** Waits until every rank has begun its second partition. */
async function underWay(name: string): Promise<void> {
  for (;;) {
    const counts = await Promise.all(
      Array.from(
        { length: ranks },
        async (_, rank) => (await keysUnder(`results/${name}/output/${rank}/began/`)).length,
      ),
    );
    if (counts.every((count) => count >= 2)) return;
  }
}

const stops: Record<string, (runId: string, run: ChildProcess) => Promise<unknown>> = {
  'muster stop': (runId) => system.muster('stop', runId),
  // The way to a deployed stack, with nothing but an endpoint in the environment.
  'muster stop --aws': async (runId) => {
    const options = ['--aws', '--state-machine', system.stateMachineArn];
    const { finished } = startMuster(['stop', runId, ...options], undefined, system.variables);
    expect((await finished).stdout).toContain(`results/${runId}`);
  },
  'Ctrl-C': async (_runId, run) => run.kill('SIGINT'),
  'StopExecution by anybody': (runId) => system.stopExecution(runId, 'enough'),
};

describe('a stopped run', () => {
  it.each(Object.keys(stops))('has executors that work on no longer than for one partition, by %s', async (how) => {
    const runId = how.replaceAll(/\W/g, '-');
    const { child, result } = system.start(payload(runId), '--name', runId);
    await underWay(runId);
    await stops[how](runId, child);
    expect(await result).toMatchObject({ status: 'ABORTED' });

    // The logs end when the invocations have.
    const { stdout } = await system.muster('logs', runId, '--follow', '--json');
    const logged = z
      .object({ attempts: z.array(z.object({ rank: z.int(), lines: z.array(z.object({ message: z.string() })) })) })
      .parse(JSON.parse(stdout));
    expect(logged.attempts.map(({ rank }) => rank)).toEqual([0, 1]);
    for (const { lines } of logged.attempts) {
      const text = lines.map(({ message }) => message).join('\n');
      expect(text).toContain('RunStoppedError');
      expect(text).toMatch(/REPORT RequestId/);
    }

    const stopped = stoppedSchema.parse(await system.readJson(`s3://${system.bucket}/results/${runId}/stopped.json`));
    for (let rank = 0; rank < ranks; rank++) {
      const began = await keysUnder(`results/${runId}/output/${rank}/began/`);
      expect(began.length).toBeLessThan(partitions / ranks);
      const times = await Promise.all(
        began.map(async (key) =>
          z.object({ atMs: z.number() }).parse(await system.readJson(`s3://${system.bucket}/${key}`)),
        ),
      );
      const after = times.filter(({ atMs }) => atMs > stopped.recordedAtMs);
      expect(after.length).toBeLessThanOrEqual(1);
    }
    expect(await keysUnder(`results/${runId}/summary.json`)).toEqual([]);
  });

  it('was stopped already when it is stopped again', async () => {
    const { code, stdout } = await system.muster('stop', 'muster-stop', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RUN_ENDED' } });
  });
});
