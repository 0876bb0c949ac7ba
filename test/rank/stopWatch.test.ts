import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunStoppedError } from '../../rank/errors.js';
import { StopWatch } from '../../rank/stopWatch.js';
import { attemptsKey, stoppedKey } from '../../run/keys.js';
import type { Plan } from '../../run/plan.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { attemptRank, captureLog, planRun } from './oneRank.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
  for (const name of [1, 2, 3]) await s3.store().put(s3.bucket, `survey/${name}.npy`, 'not looked at');
});
afterAll(() => s3.close());

const stop = (plan: Plan, runId = plan.runId) =>
  s3.store().putJson(s3.bucket, stoppedKey(plan.resultPrefix), { runId, cause: 'by hand', recordedAtMs: 0 });

/** Plans a run of three partitions by a script; `onPartition` is called as it begins each. */
async function planScript(source: string): Promise<Plan> {
  const prefix = `scripts/${Math.random().toString(36).slice(2)}`;
  await s3.store().put(s3.bucket, `${prefix}/main.mjs`, source);
  const script = { kind: 'module', prefix, key: `${prefix}/main.mjs` } as const;
  return planRun(s3, ['survey/1.npy', 'survey/2.npy', 'survey/3.npy'], { script }, { S3_object_name: prefix });
}

const partitionByPartition = `export default async function run(ctx) {
  for (const partition of ctx.partitions) {
    await globalThis.onPartition(partition.name);
    await ctx.finishPartition(partition, { samples: 1, batches: 1 });
    await ctx.saveResult('done-' + partition.name, 'yes');
  }
}`;

function hook(onPartition: (name: string) => Promise<unknown>) {
  const begun: string[] = [];
  vi.stubGlobal('onPartition', async (name: string) => {
    begun.push(name);
    await onPartition(name);
  });
  return begun;
}

describe('an attempt of a run that is stopped', () => {
  it('ends with the partition that it is at', async () => {
    const plan = await planScript(partitionByPartition);
    const begun = hook(async (name) => name === '2' && stop(plan));
    await expect(attemptRank(s3, plan)).rejects.toThrow(RunStoppedError);
    expect(begun).toEqual(['1', '2']);
    const kept = await s3.store().head(s3.bucket, `${plan.resultPrefix}/output/0/done-1`);
    expect(kept).toBeDefined();
  });

  it('does not take its rank when the run was stopped before it began', async () => {
    const plan = await planScript(partitionByPartition);
    await stop(plan);
    const begun = hook(async () => undefined);
    await expect(attemptRank(s3, plan)).rejects.toMatchObject({ code: 'RUN_STOPPED', retryable: false });
    expect(begun).toEqual([]);
    expect(await s3.store().head(s3.bucket, attemptsKey(plan.resultPrefix, 0))).toBeUndefined();
  });

  it('says so rather than what followed from the stop', async () => {
    const plan = await planScript(partitionByPartition);
    hook(async () => {
      await stop(plan);
      throw new Error('the group was released');
    });
    await expect(attemptRank(s3, plan)).rejects.toThrow('The run was stopped, and rank 0 with it: by hand');
  });

  it('goes on when another run was stopped under the same prefix', async () => {
    const plan = await planScript(partitionByPartition);
    await stop(plan, 'an earlier run');
    const begun = hook(async () => undefined);
    expect((await attemptRank(s3, plan)).muster.samples).toBe(3);
    expect(begun).toEqual(['1', '2', '3']);
  });
});

describe('the watch', () => {
  const attempt = { runId: 'run-1', resultPrefix: 'results/watched', rank: 4 };

  it('tells of a stop between partitions too, at its interval', async () => {
    const watch = new StopWatch(s3.store(), { ...attempt, bucket: s3.bucket }, captureLog());
    const told = new Promise<RunStoppedError>((resolve) => watch.begin(resolve, 1));
    await s3
      .store()
      .putJson(s3.bucket, stoppedKey(attempt.resultPrefix), { runId: 'run-1', cause: 'x', recordedAtMs: 0 });
    expect((await told).rank).toBe(4);
    watch.end();
  });

  it('counts its looks', async () => {
    const store = s3.store();
    await new StopWatch(store, { ...attempt, resultPrefix: 'results/on', bucket: s3.bucket }, captureLog()).look();
    expect(store.calls.counts.get).toBe(1);
  });

  it('takes a look that fails for no stop, and says so', async () => {
    const logger = captureLog();
    const watch = new StopWatch(s3.store(), { ...attempt, resultPrefix: 'results/broken', bucket: s3.bucket }, logger);
    await s3.store().put(s3.bucket, stoppedKey('results/broken'), 'no JSON');
    expect(await watch.look()).toBeUndefined();
    expect(logger.lines).toEqual(['warn Whether the run was stopped could not be looked up.']);
  });
});
