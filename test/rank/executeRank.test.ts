import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPartition, readArray, tensorContent, writeSafetensors } from '../../data/index.js';
import { FencedOffError, PartitionsFailedError, RankDeadlineError } from '../../rank/errors.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { attemptsKey, metricsKey } from '../../run/keys.js';
import { attemptsSchema } from '../../run/metrics.js';
import type { Plan } from '../../run/plan.js';
import type { Tensor } from '../../run/tensor.js';
import { MemoryByteSource } from '../../storage/byteSource.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { readSmallSurvey, type SmallSurvey } from '../models/smallSurvey.js';
import { attemptRank, captureLog, planRun } from './oneRank.js';

const secret = 'a secret for tests, long enough';
let s3: EmbeddedS3;
let survey: SmallSurvey;
let rendezvous: RendezvousServer;

beforeAll(async () => {
  s3 = await startEmbeddedS3();
  survey = await readSmallSurvey({ shared: false });
  rendezvous = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
  await putSurvey('survey/1.safetensors', 0, 50);
  await putSurvey('survey/2.safetensors', 50, 150);
  const fixture = (name: string) => readFile(fileURLToPath(new URL(`../data/fixtures/${name}`, import.meta.url)));
  const store = s3.store();
  for (const name of ['evil_os_system', 'bad_truncated', 'nan_inf_pixels', 'wrong_bands']) {
    await store.put(s3.bucket, `survey/${name}.pt`, await fixture(`${name}.pt`));
  }
});
afterAll(async () => {
  await rendezvous.close();
  await s3.close();
});

const rows = (tensor: Tensor, start: number, count: number): Tensor => {
  const width = tensor.data.length / tensor.shape[0];
  const data = tensor.data.slice(start * width, (start + count) * width);
  return { ...tensor, shape: [count, ...tensor.shape.slice(1)], data };
};

async function putSurvey(key: string, start: number, count: number): Promise<void> {
  const arrays = (['image', 'magnitude', 'redshift'] as const).map((name) =>
    tensorContent(name, rows(survey[name], start, count)),
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of writeSafetensors(arrays).content) pieces.push(piece.slice());
  await s3.store().put(s3.bucket, key, Buffer.concat(pieces));
}

async function readPredictions(plan: Plan, name: string): Promise<Tensor> {
  const key = `${plan.resultPrefix}/predictions/${name}.npy`;
  const bytes = await s3.store().getBytes(s3.bucket, key);
  return readArray(await openPartition(new MemoryByteSource(key, bytes)), 0);
}

describe('executeRank', () => {
  it('predicts what PyTorch predicts, partition by partition, in sample order', async () => {
    const plan = await planRun(s3, ['survey/1.safetensors', 'survey/2.safetensors'], {}, { batch_size: 32 });
    const metrics = await attemptRank(s3, plan);
    const [first, second] = [await readPredictions(plan, '1'), await readPredictions(plan, '2')];
    expect([first.shape, second.shape]).toEqual([[50], [150]]);
    const predicted = [...first.data, ...second.data].map(Number);
    const worst = Math.max(...predicted.map((value, index) => Math.abs(value - survey.predictions[index])));
    expect(worst).toBeLessThan(1e-4);
    expect(metrics).toMatchObject({
      num_batches: 2 + 5,
      batch_size: 32,
      data_path: 'survey/1.safetensors,survey/2.safetensors',
    });
    expect(metrics.muster).toMatchObject({ samples: 200, collective: { channel: 'none', status: 'none' } });
    expect(metrics.muster.partitions.map(({ quality }) => quality.count)).toEqual([50, 150]);
    expect(metrics.sample_persec).toBeCloseTo(200 / metrics['total_cpu_time (seconds)'], 6);
    const { stageMs, s3: calls } = metrics.muster;
    for (const stage of ['download', 'inference', 'upload'] as const) expect(stageMs[stage]).toBeGreaterThan(0);
    expect(calls.bytesRead).toBeGreaterThan(4_000_000);
  });

  it('keeps partitions apart that open in another order than they were dealt', async () => {
    const sizes = [90, 5, 70, 5, 30];
    const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
    for (const [index, size] of sizes.entries()) await putSurvey(`mixed/${index}.safetensors`, starts[index], size);
    const plan = await planRun(
      s3,
      sizes.map((_, index) => `mixed/${index}.safetensors`),
      {},
      { batch_size: 7 },
    );
    await attemptRank(s3, plan);
    for (const [index, size] of sizes.entries()) {
      const predicted = [...(await readPredictions(plan, String(index))).data].map(Number);
      expect(predicted).toHaveLength(size);
      const worst = Math.max(
        ...predicted.map((value, row) => Math.abs(value - survey.predictions[starts[index] + row])),
      );
      expect(worst).toBeLessThan(1e-4);
    }
  });

  it('agrees with the other ranks on the statistics', async () => {
    const plan = await planRun(
      s3,
      ['survey/1.safetensors', 'survey/2.safetensors'],
      { worldSize: 3, collectives: { channel: 'relay', reason: 'test' } },
      { barrier: true, collectives: 'relay' },
    );
    const access = { url: rendezvous.url, secret };
    const all = await Promise.all([0, 1, 2].map((rank) => attemptRank(s3, plan, { rank }, { rendezvous: access })));
    const collectives = all.map(({ muster }) => muster.collective);
    expect(collectives.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(collectives[1].world).toEqual(collectives[0].world);
    expect(collectives[2].world).toEqual(collectives[0].world);
    expect(collectives[0].world?.quality.count).toBe(200);
    expect(collectives[0].world?.cpuTimeS).toBeCloseTo(
      all.reduce((sum, { muster }) => sum + muster.cpuTimeS, 0),
      9,
    );
    expect(collectives[0].barrierWaitMs).toBeGreaterThan(0);
  });

  it('agrees with the other ranks through S3 alone, and counts those calls', async () => {
    const keys = ['survey/1.safetensors', 'survey/2.safetensors'];
    const plan = await planRun(
      s3,
      keys,
      { worldSize: 3, collectives: { channel: 'storage', reason: 'test' } },
      { barrier: true, collectives: 'storage' },
    );
    const all = await Promise.all([0, 1, 2].map((rank) => attemptRank(s3, plan, { rank })));
    const collectives = all.map(({ muster }) => muster.collective);
    expect(collectives.map(({ channel, status }) => `${channel} ${status}`)).toEqual(Array(3).fill('storage done'));
    expect(collectives[1].world).toEqual(collectives[0].world);
    expect(collectives[2].world).toEqual(collectives[0].world);
    expect(collectives[0].world?.quality.count).toBe(200);
    for (const metrics of all) {
      const { get, put, list, head } = metrics.muster.s3;
      expect(get + put + list + head).toBeGreaterThan(metrics.s3_num_requests);
    }
    const left: string[] = [];
    for await (const { key } of s3.store().list(s3.bucket, `${plan.resultPrefix}/channel/`)) left.push(key);
    expect(left).toEqual([]);
  });

  it('delivers its predictions although nobody else comes to the collective', async () => {
    const plan = await planRun(s3, ['survey/1.safetensors'], {
      worldSize: 2,
      collectives: { channel: 'relay', reason: 'test' },
    });
    const metrics = await attemptRank(s3, plan, {}, { rendezvous: { url: rendezvous.url, secret }, timeoutMs: 4_000 });
    expect(metrics.muster.collective).toMatchObject({
      status: 'failed',
      cause: expect.stringMatching(/GroupTimeoutError.*rank 1/),
    });
    expect((await readPredictions(plan, '1')).shape).toEqual([50]);
  });

  it('does the other partitions of a rank before it fails for a bad one', async () => {
    const plan = await planRun(s3, [
      'survey/evil_os_system.pt',
      'survey/1.safetensors',
      'survey/bad_truncated.pt',
      'survey/wrong_bands.pt',
    ]);
    const failed = await attemptRank(s3, plan).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PartitionsFailedError);
    const { message, retryable } = failed as PartitionsFailedError;
    expect(message).toMatch(/3 of 4 partitions of rank 0 failed/);
    expect(message).toMatch(/evil_os_system.pt.*system/);
    expect(message).toMatch(/bad_truncated.pt/);
    expect(message).toMatch(/wrong_bands.pt.*does not fit the model/);
    expect(retryable).toBe(false);
    expect((await readPredictions(plan, '1')).shape).toEqual([50]);
    expect(await s3.store().head(s3.bucket, metricsKey(plan.resultPrefix, 0))).toBeUndefined();
  });

  it('loses only the samples that have a pixel that is no number', async () => {
    const plan = await planRun(s3, ['survey/nan_inf_pixels.pt']);
    const log = captureLog();
    const { muster } = await attemptRank(s3, plan, {}, { logger: log });
    const predicted = [...(await readPredictions(plan, 'nan_inf_pixels')).data].map(Number);
    const { count, firstSamples } = muster.partitions[0].nonFinite;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(predicted.length);
    expect(firstSamples).toEqual(predicted.flatMap((value, index) => (Number.isFinite(value) ? [] : [index])));
    expect(muster.partitions[0].quality.count).toBe(predicted.length - count);
    expect(log.lines).toContainEqual(expect.stringContaining('no finite prediction'));
  });

  it('writes JSON Lines, or nothing, when asked', async () => {
    const lines = await planRun(s3, ['survey/1.safetensors'], {}, { predictions: 'jsonl' });
    await attemptRank(s3, lines);
    const text = new TextDecoder().decode(
      await s3.store().getBytes(s3.bucket, `${lines.resultPrefix}/predictions/1.jsonl`),
    );
    const samples = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(samples).toHaveLength(50);
    expect(samples[7].sample).toBe(7);
    expect(samples[7].redshift).toBeCloseTo(survey.predictions[7], 4);
    expect(samples[7].label).toBeCloseTo(Number(survey.redshift.data[7]), 6);

    const none = await planRun(s3, ['survey/1.safetensors'], {}, { predictions: 'none' });
    const { muster } = await attemptRank(s3, none);
    expect(muster.partitions[0]).toMatchObject({ predictionsKey: null, samples: 50 });
  });

  it('says in the log that a Python script is replaced by the built-in inference', async () => {
    const plan = await planRun(s3, ['survey/1.safetensors'], {
      script: { kind: 'inference', insteadOf: 'a/inference.py' },
    });
    const log = captureLog();
    await attemptRank(s3, plan, {}, { logger: log });
    expect(log.lines[0]).toMatch(/a\/inference.py.*built-in inference/);
  });

  it('keeps an old attempt from writing once a newer one has begun', async () => {
    const plan = await planRun(s3, ['survey/1.safetensors']);
    await attemptRank(s3, plan, { generation: 1 });
    await expect(attemptRank(s3, plan, { generation: 0 })).rejects.toThrow(FencedOffError);
    const { attempts } = await s3.store().getJson(s3.bucket, attemptsKey(plan.resultPrefix, 0), attemptsSchema);
    expect(attempts.map(({ generation }) => generation)).toEqual([1]);
  });

  it('gives up at the deadline of the run, and says so', async () => {
    const plan = await planRun(s3, ['survey/1.safetensors'], { deadlineAtMs: Date.now() - 1 });
    const failed = await attemptRank(s3, plan).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RankDeadlineError);
    expect(failed).toMatchObject({ retryable: false, message: expect.stringContaining('deadline_s') });
  });
});
