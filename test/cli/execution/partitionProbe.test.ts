import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PartitionProbe } from '../../../cli/execution/partitionProbe.js';
import { predictionFiles } from '../../../rank/predictionFiles.js';
import { planShardKey } from '../../../run/keys.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';
import { samplePlan } from '../../job/samplePlan.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const partition = (name: string, size: number) => ({ name, key: `survey/${name}.pt`, size, etag: '"x"' });

async function prepare(resultPrefix: string, predictions: 'npy' | 'jsonl' | 'none') {
  const rows = [
    { rank: 0, partitions: [partition('1', 400), partition('deep/2', 600)] },
    { rank: 1, partitions: [partition('3', 500)] },
  ];
  await s3.store().putJson(s3.bucket, planShardKey(resultPrefix, 0), { runId: 'run-1', rows });
  const plan = samplePlan(s3.bucket, { partitionCount: 3, worldSize: 2 }, { predictions });
  const address = { bucket: s3.bucket, resultPrefix, worldSize: 2 };
  const probe = new PartitionProbe(s3.client);
  const started = new Map([
    [0, 0],
    [1, 0],
  ]);
  return {
    look: (from: ReadonlyMap<number, number> = started) => probe.look(address, plan, from),
    /** Writes what a rank writes when it has finished a partition. */
    finish: async (name: string, samples: number) => {
      const redshift = { dtype: 'float32' as const, shape: [samples, 1], data: new Float32Array(samples) };
      const result = { samples, batches: 1, predictions: { redshift, spread: redshift } };
      const { files } = await predictionFiles(resultPrefix, name, predictions, result);
      for (const { key, body } of files) await s3.store().put(s3.bucket, key, body);
    },
  };
}

describe('the work of ranks that are under way', () => {
  it('shows in the predictions that they have written, samples included', async () => {
    const { look, finish } = await prepare('results/npy', 'npy');
    expect((await look()).get(0)).toEqual({
      plannedBytes: 1_000,
      finishedBytes: 0,
      samples: 0,
      lastFinishedAtMs: undefined,
    });
    await finish('deep/2', 300);
    const half = await look();
    expect(half.get(0)).toMatchObject({ plannedBytes: 1_000, finishedBytes: 600, samples: 300 });
    expect(half.get(1)).toMatchObject({ plannedBytes: 500, finishedBytes: 0, samples: 0 });
    await finish('1', 7);
    await finish('3', 1);
    const full = await look();
    expect(full.get(0)).toMatchObject({ finishedBytes: 1_000, samples: 307 });
    expect(full.get(1)).toMatchObject({ finishedBytes: 500, samples: 1 });
    expect(Math.abs((full.get(1)?.lastFinishedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('does not count what an attempt wrote that was lost', async () => {
    const { look, finish } = await prepare('results/again', 'npy');
    await finish('1', 7);
    const restarted = new Map([[0, Date.now() + 60_000]]);
    expect((await look(restarted)).get(0)).toMatchObject({ finishedBytes: 0, samples: 0 });
  });

  it('is known in bytes alone where predictions are text, and not at all where there are none', async () => {
    const text = await prepare('results/jsonl', 'jsonl');
    await text.finish('3', 5);
    expect((await text.look()).get(1)).toMatchObject({ finishedBytes: 500, samples: undefined });
    const none = await prepare('results/none', 'none');
    expect((await none.look()).size).toBe(0);
  });
});
